"""What was picked, what it costs, and what a code does to that."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.billing.billed import Discount
from portal.plans.calendar import after_months, charge_on, first_charge_on
from portal.plans.catalogue import (
    Chosen,
    Offer,
    PlanNotOnOffer,
    Pricing,
    choose,
    currencies,
    intervals,
    saving_percent,
)
from portal.plans.discounts import Charges, after, charges, discount_problem, in_currency

MONTHLY = Pricing("pric_m", "month", "eur", 1200, "price_m")
YEARLY = Pricing("pric_y", "year", "eur", 12000, "price_y")
DOLLARS = Pricing("pric_d", "month", "usd", 1300, "price_d")
STUDIO = Offer(
    "plan_s", "studio", "Studio", "", (), 0, "cancel", False, (), (MONTHLY, YEARLY, DOLLARS)
)
FREE = replace(STUDIO, key="reader", prices=(replace(MONTHLY, amount=0),))
HALF = Discount("HALF", "coupon", "HALF", 50.0, None, None, "once", None)


def test_a_plan_is_chosen_by_key_interval_and_currency() -> None:
    assert choose([FREE, STUDIO], "studio", "year", "eur") == Chosen(STUDIO, YEARLY)
    assert choose([FREE, STUDIO], "studio", None, "usd").pricing == DOLLARS


@pytest.mark.parametrize(
    ("key", "interval", "currency"),
    [
        ("gold", "month", "eur"),
        ("studio", "week", "eur"),
        ("studio", "year", "usd"),
        (None, "", ""),
    ],
)
def test_what_is_not_on_offer_is_refused(key: str | None, interval: str, currency: str) -> None:
    with pytest.raises(PlanNotOnOffer):
        choose([STUDIO], key, interval, currency)


def test_only_what_every_plan_has_is_a_currency_of_the_page() -> None:
    assert currencies([STUDIO]) == ("eur", "usd")
    assert currencies([STUDIO, FREE]) == ("eur",)
    assert currencies([]) == ()
    assert intervals([STUDIO, FREE]) == ("month", "year")


def test_the_saving_of_a_year_is_told_in_whole_per_cent() -> None:
    assert saving_percent(STUDIO, "eur") == 16
    assert saving_percent(STUDIO, "usd") is None
    assert saving_percent(FREE, "eur") is None
    assert (
        saving_percent(replace(STUDIO, prices=(MONTHLY, replace(YEARLY, amount=14400))), "eur")
        is None
    )


def test_a_trial_costs_nothing_today() -> None:
    trial = Chosen(replace(STUDIO, trial_days=14), MONTHLY)

    assert charges(trial, None) == Charges(0, 1200, 1200, 1200)
    assert charges(trial, HALF) == Charges(0, 600, 1200, 1200)


def test_a_discount_is_taken_off_and_never_below_nothing() -> None:
    five = replace(HALF, percent_off=None, amount_off=500, currency="eur")

    assert after(HALF, 1205) == 602
    assert after(five, 1200) == 700
    assert after(five, 300) == 0
    assert charges(Chosen(STUDIO, MONTHLY), five).today == 700


def test_a_code_that_does_nothing_says_why() -> None:
    dollars = replace(HALF, percent_off=None, amount_off=500, currency="usd")
    chosen = Chosen(STUDIO, MONTHLY)

    found = [
        discount_problem(None, chosen, "NOPE"),
        discount_problem(dollars, chosen, "FIVE"),
        discount_problem(HALF, Chosen(FREE, FREE.prices[0]), "HALF"),
    ]

    assert [problem.code for problem in found if problem] == [
        "coupon_unknown", "coupon_currency", "coupon_needless",
    ]  # fmt: skip
    assert discount_problem(HALF, chosen, "HALF") is None


def test_a_code_for_other_plans_names_the_plan_that_it_is_not_for() -> None:
    house = replace(HALF, products=("prod_house", "prod_barn"))

    for product in ("prod_studio", None):
        wrong = discount_problem(house, Chosen(sold_as(product), MONTHLY), "HALF")
        assert wrong
        assert wrong.code == "coupon_other_plan"
        assert str(wrong) == "The code HALF is not for the plan Studio."
    assert discount_problem(house, Chosen(sold_as("prod_barn"), MONTHLY), "HALF") is None


@pytest.mark.parametrize(
    ("minimums", "said"),
    [
        ({}, None),
        ({"eur": 1200}, None),
        ({"eur": 1201}, "The code HALF needs an order of at least €12.01."),
        ({"eur": 100_000}, "The code HALF needs an order of at least €1,000.00."),
        ({"usd": 100}, "The code HALF cannot be used in this currency."),
        ({"usd": 100, "eur": 1200}, None),
        ({"usd": 100, "eur": 1300}, "The code HALF needs an order of at least €13.00."),
    ],
)
def test_the_least_that_a_code_needs_is_said_in_the_currency_of_the_order(
    minimums: dict[str, int], said: str | None
) -> None:
    code = replace(HALF, minimums=minimums)
    paid, trial = Chosen(STUDIO, MONTHLY), Chosen(replace(STUDIO, trial_days=14), MONTHLY)

    for chosen in (paid, trial):
        wrong = discount_problem(code, chosen, "HALF")
        assert (wrong and str(wrong)) == said


def test_a_code_takes_off_what_it_names_for_the_currency_of_the_order() -> None:
    sums = {"eur": 500, "usd": 600}
    five = replace(HALF, percent_off=None, amount_off=500, currency="eur", amounts_off=sums)

    dollars, yen = in_currency(five, "usd"), in_currency(five, "jpy")

    assert (dollars.amount_off, dollars.currency) == (600, "usd")
    assert charges(Chosen(STUDIO, DOLLARS), dollars).today == 700
    assert discount_problem(dollars, Chosen(STUDIO, DOLLARS), "FIVE") is None
    assert yen == five
    assert in_currency(HALF, "usd") == HALF


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 3, 31), 12, date(2027, 3, 31)),
        (date(2026, 12, 1), 0, date(2026, 12, 1)),
        (date(2026, 11, 21), 13, date(2027, 12, 21)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last(day: date, months: int, then: date) -> None:
    assert after_months(day, months) == then


def test_charges_come_a_period_apart_from_the_trials_end() -> None:
    today = date(2026, 11, 21)
    paid, trial = Chosen(STUDIO, YEARLY), Chosen(replace(STUDIO, trial_days=14), MONTHLY)

    assert [charge_on(paid, number, today) for number in (0, 1)] == [today, date(2027, 11, 21)]
    assert first_charge_on(paid, today) == date(2027, 11, 21)
    assert first_charge_on(trial, today) == date(2026, 12, 5)
    assert charge_on(trial, 2, today) == date(2027, 2, 5)


@pytest.mark.parametrize(
    ("percent", "amount", "left"),
    [
        (50.0, 1, 0),
        (50.0, 3, 1),
        (33.3, 1000, 667),
        (12.5, 1004, 878),
        (100.0, 999, 0),
        (0.0, 7, 7),
    ],
)
def test_half_a_cent_is_taken_off_as_a_whole_one(percent: float, amount: int, left: int) -> None:
    assert after(replace(HALF, percent_off=percent), amount) == left


@pytest.mark.parametrize(
    ("duration", "trial_days", "found"),
    [
        ("forever", 0, Charges(600, 600, 600, 1200)),
        ("once", 0, Charges(600, 600, 1200, 1200)),
        ("repeating", 14, Charges(0, 600, 1200, 1200)),
        ("forever", 14, Charges(0, 600, 600, 1200)),
    ],
)
def test_only_what_lasts_forever_lasts(duration: str, trial_days: int, found: Charges) -> None:
    chosen = Chosen(replace(STUDIO, trial_days=trial_days), MONTHLY)

    assert charges(chosen, replace(HALF, duration=duration)) == found


def test_a_plan_is_free_only_if_all_its_prices_are() -> None:
    assert FREE.is_free
    assert not STUDIO.is_free
    assert not replace(STUDIO, prices=(MONTHLY, replace(YEARLY, amount=0))).is_free


def test_the_first_price_that_fits_is_taken() -> None:
    assert choose([STUDIO], "studio", "", "eur").pricing == MONTHLY
    assert choose([FREE, STUDIO], "reader", "month", "eur").pricing.amount == 0


def test_a_plan_that_is_not_on_offer_is_not_found() -> None:
    assert (PlanNotOnOffer.status, PlanNotOnOffer.code) == (404, "plan_not_on_offer")


def test_a_saving_of_less_than_one_per_cent_is_none() -> None:
    def saved(year: int) -> int | None:
        offer = replace(STUDIO, prices=(MONTHLY, replace(YEARLY, amount=year)))
        return saving_percent(offer, "eur")

    assert saved(14256) == 1
    assert saved(14257) is None
    assert saved(15000) is None
    assert saving_percent(replace(STUDIO, prices=(YEARLY,)), "eur") is None


def sold_as(product: str | None) -> Offer:
    return replace(STUDIO, stripe_product=product)

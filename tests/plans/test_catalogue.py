"""What was picked, what it costs, and what a code does to that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.billing.billed import Discount
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
from portal.plans.discounts import Charges, after, charges, discount_problem

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

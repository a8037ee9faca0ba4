"""What a discount is said to take off is what Stripe's side then really charges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.billing.billed import Discount
from portal.plans.calendar import charge_on
from portal.plans.catalogue import Chosen, Offer, Pricing
from portal.plans.discounts import charges, in_time, reduced_charges
from tests.local_stripe import LocalStripe

TODAY = date(2026, 11, 21)
AMOUNTS = {"month": 1200, "year": 12000}
LOOKED_AT = 4


def chosen(interval: str, trial_days: int) -> Chosen:
    pricing = Pricing("pric_1", interval, "eur", AMOUNTS[interval], "price_1")
    offer = Offer("plan_1", "tea", "Tea", "", (), trial_days, "cancel", False, (), (pricing,))
    return Chosen(offer, pricing)


def half(duration: str, months: int | None) -> Discount:
    return Discount("TEA", "coupon", "TEA", 50.0, None, None, duration, months)


# How long a coupon lasts; and how many charges it halves, by interval and days of trial.
LENGTHS: list[tuple[str, int | None, dict[tuple[str, int], int | None]]] = [
    ("once", None, dict.fromkeys([(i, d) for i in AMOUNTS for d in (0, 14, 45)], 1)),
    ("forever", None, dict.fromkeys([(i, d) for i in AMOUNTS for d in (0, 14, 45)])),
    (
        "repeating", 1,
        {("month", 0): 1, ("month", 14): 1, ("month", 45): 0,
         ("year", 0): 1, ("year", 14): 1, ("year", 45): 0},
    ),
    (
        "repeating", 3,
        {("month", 0): 3, ("month", 14): 3, ("month", 45): 2,
         ("year", 0): 1, ("year", 14): 1, ("year", 45): 1},
    ),
    (
        "repeating", 14,
        {("month", 0): 14, ("month", 14): 14, ("month", 45): 13,
         ("year", 0): 2, ("year", 14): 2, ("year", 45): 2},
    ),
]  # fmt: skip
CASES = [
    (duration, months, interval, trial_days, count)
    for duration, months, counts in LENGTHS
    for (interval, trial_days), count in counts.items()
]


@pytest.mark.parametrize(("duration", "months", "interval", "trial_days", "count"), CASES)
async def test_a_discount_halves_as_many_charges_as_we_say(
    sandbox: LocalStripe,
    duration: str,
    months: int | None,
    interval: str,
    trial_days: int,
    count: int | None,
) -> None:
    picked, coupon = chosen(interval, trial_days), half(duration, months)
    assert reduced_charges(picked, coupon, TODAY) == count

    begun, charged = await charged_at_stripe(sandbox, picked, coupon)

    assert charged == said(picked, coupon, begun)


@pytest.mark.parametrize(
    ("trial_days", "today", "count"),
    [
        (29, date(2026, 11, 21), 1),
        (30, date(2026, 11, 21), 0),
        (30, date(2026, 12, 21), 1),
        (31, date(2026, 12, 21), 0),
        (28, date(2027, 1, 31), 0),
    ],
)
def test_a_month_that_ends_with_the_trial_takes_nothing_off(
    trial_days: int, today: date, count: int
) -> None:
    picked, coupon = chosen("month", trial_days), half("repeating", 1)

    assert reduced_charges(picked, coupon, today) == count
    assert (in_time(picked, coupon, today) is None) is (count == 0)


def said(picked: Chosen, coupon: Discount, begun: date) -> list[tuple[date, int]]:
    """Return the first charges as the order would tell them."""
    due = charges(picked, in_time(picked, coupon, begun))
    count = reduced_charges(picked, coupon, begun)
    reduced = LOOKED_AT if count is None else count
    return [
        (charge_on(picked, number, begun), due.first if number < reduced else due.regular)
        for number in range(LOOKED_AT)
    ]


async def charged_at_stripe(
    stripe: LocalStripe, picked: Chosen, coupon: Discount
) -> tuple[date, list[tuple[date, int]]]:
    """Subscribe Ada at the sandbox, and return the day and what is paid, first things first."""
    interval, trial_days = picked.pricing.interval, picked.offer.trial_days
    price = await stripe.post(
        "prices", {"unit_amount": picked.pricing.amount, "currency": "eur",
        "recurring[interval]": interval, "product_data[name]": "Tea"},
    )  # fmt: skip
    lasts = {"duration": coupon.duration} | (
        {"duration_in_months": coupon.months} if coupon.months else {}
    )
    await stripe.post("coupons", {"id": "TEA", "percent_off": 50} | lasts)
    ada = await stripe.post("customers", {})
    card = await stripe.post("payment_methods/pm_card_visa/attach", {"customer": ada["id"]})
    trial = {"trial_period_days": trial_days} if trial_days else {}
    made = await stripe.post(
        "subscriptions", {"customer": ada["id"], "items[0][price]": price["id"],
        "default_payment_method": card["id"], "discounts[0][coupon]": "TEA"} | trial,
    )  # fmt: skip
    period = timedelta(days=31 if interval == "month" else 366)
    ahead = timedelta(days=trial_days) + LOOKED_AT * period
    await stripe.control("POST", "/clock", {"advance": int(ahead.total_seconds())})
    paid = [row for row in await stripe.objects("invoice") if row["amount_paid"]]
    charged = sorted((day_of(row["created"]), row["amount_paid"]) for row in paid)
    return day_of(made["created"]), charged[:LOOKED_AT]


def day_of(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()

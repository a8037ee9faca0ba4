"""What a coupon or promotion code does to what is due: arithmetic only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from portal.amounts import money
from portal.billing.billed import Discount
from portal.errors import Problem
from portal.plans.calendar import after_months, charge_on
from portal.plans.catalogue import Chosen


class Reduction(Protocol):
    """Something taken off an amount, as a share or as a sum of the same currency."""

    @property
    def percent_off(self) -> float | None:
        """The share, from 0 to 100."""

    @property
    def amount_off(self) -> int | None:
        """The sum, in minor units."""


@dataclass(frozen=True, slots=True)
class Charges:
    """What is paid, in minor units: today, at the first charge, in the end, and undiscounted.

    `lasting` is what a period costs once every discount that passes is over.
    """

    today: int
    first: int
    lasting: int
    regular: int


def charges(chosen: Chosen, discount: Discount | None) -> Charges:
    """Work out what is due today, at the first charge, and regularly; before added tax."""
    regular = chosen.amount
    first = regular if discount is None else after(discount, regular)
    lasts = discount is not None and discount.duration == "forever"
    return Charges(
        today=0 if chosen.trial_days else first,
        first=first,
        lasting=first if lasts else regular,
        regular=regular,
    )


def reduced_charges(chosen: Chosen, discount: Discount, today: date) -> int | None:
    """Count the charges that a discount takes something off; None when it never ends.

    Stripe counts its months from today, with the trial in them.
    Source: https://docs.stripe.com/billing/subscriptions/coupons
    """
    if discount.duration == "forever":
        return None
    if discount.duration == "once":
        return 1
    ends, count = after_months(today, discount.months or 0), 0
    while charge_on(chosen, count, today) < ends:
        count += 1
    return count


def in_time(chosen: Chosen, discount: Discount | None, today: date) -> Discount | None:
    """Return the discount, unless it is over before the first charge."""
    if discount is None or reduced_charges(chosen, discount, today) == 0:
        return None
    return discount


def after(discount: Reduction, amount: int) -> int:
    """Return an amount after the discount: rounded half up on the part taken off, never below 0."""
    if discount.percent_off is not None:
        part = Decimal(amount) * Decimal(str(discount.percent_off)) / 100
        off = int(part.quantize(Decimal(1), ROUND_HALF_UP))
    else:
        off = discount.amount_off or 0
    return max(0, amount - off)


def in_currency(discount: Discount, currency: str) -> Discount:
    """Return the discount with the sum that it takes off in this currency, if it has one."""
    amount = discount.amounts_off.get(currency)
    return discount if amount is None else replace(discount, amount_off=amount, currency=currency)


def discount_problem(
    discount: Discount | None, chosen: Chosen, code: str, locale: str = "en"
) -> Problem | None:
    """Say why this code does nothing for what was chosen, if so."""
    pricing, offer = chosen.pricing, chosen.offer
    if discount is None:
        return Problem("coupon_unknown", "We do not know the code {code}.", {"code": code})
    if chosen.amount == 0:
        return Problem("coupon_needless", "This plan costs nothing, so no code is needed.")
    if discount.products and offer.stripe_product not in discount.products:
        values = {"code": code, "plan": offer.name}
        return Problem("coupon_other_plan", "The code {code} is not for the plan {plan}.", values)
    if _is_of_other_currencies(discount, pricing.currency):
        return Problem(
            "coupon_currency",
            "The code {code} cannot be used in this currency.",
            {"code": code},
        )
    # Stripe compares the price before the discount, with a trial too: what is due once it is over.
    least = discount.minimums.get(pricing.currency, 0)
    if chosen.amount < least:
        return Problem(
            "coupon_minimum",
            "The code {code} needs an order of at least {amount}.",
            {"code": code, "amount": money(least, pricing.currency, locale)},
        )
    return None


def _is_of_other_currencies(discount: Discount, currency: str) -> bool:
    """Tell whether its sum, or the least it needs, is told in other currencies only."""
    if discount.amount_off is not None and discount.currency != currency:
        return True
    return bool(discount.minimums) and currency not in discount.minimums

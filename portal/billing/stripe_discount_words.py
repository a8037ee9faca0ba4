"""Stripe's coupons and promotion codes, read into our words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from portal.billing.billed import Discount
from portal.billing.stripe_words import plain, told

EXPAND_COUPON = ["applies_to", "currency_options"]
EXPAND_PROMOTION_CODES = [
    "data.promotion.coupon.applies_to",
    "data.promotion.coupon.currency_options",
    "data.restrictions.currency_options",
]


def promotion_of(found: Any) -> Discount:
    """Read a promotion code, expanded by EXPAND_PROMOTION_CODES."""
    rules = found["restrictions"]
    options = plain(told(rules, "currency_options"))
    minimums = {currency: option["minimum_amount"] for currency, option in options.items()}
    if told(rules, "minimum_amount"):
        minimums[rules["minimum_amount_currency"]] = rules["minimum_amount"]
    coupon = found["promotion"]["coupon"]
    discount = discount_of(found["code"], "promotion_code", found["id"], coupon)
    return replace(discount, minimums=minimums)


def discount_of(code: str, kind: str, stripe_id: str, coupon: Any) -> Discount:
    """Read a coupon, expanded by EXPAND_COUPON, under the code that led to it."""
    limit = told(coupon, "applies_to")
    return Discount(
        code=code,
        kind=kind,
        stripe_id=stripe_id,
        percent_off=told(coupon, "percent_off"),
        amount_off=told(coupon, "amount_off"),
        currency=told(coupon, "currency"),
        duration=coupon["duration"],
        months=told(coupon, "duration_in_months"),
        products=tuple(limit["products"]) if limit else (),
        amounts_off=amounts_off(coupon),
    )


def amounts_off(coupon: Any) -> dict[str, int]:
    """Read the sums that a coupon takes off, by currency: its own, and what others were told."""
    options = plain(told(coupon, "currency_options"))
    amounts = {currency: option["amount_off"] for currency, option in options.items()}
    own = told(coupon, "amount_off")
    return amounts if own is None else amounts | {coupon["currency"]: own}

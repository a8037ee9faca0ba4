"""Whose a refusal is to mend, and at which field of the form: functions of what Stripe says."""

from __future__ import annotations

from portal.customers.refusals import OUR_MISTAKES, detail_of
from portal.errors import Refused

_OF_PROGRAMS = ("payment_method", "gateway_customer_id")
"""What only programs tell."""
_OF_THE_COUPON = ("coupon_expired", "promotion_code_expired")


def field_of(refusal: Refused) -> str | None:
    """Return the form's field whose value was refused; None when it is not the person's to mend."""
    param = (refusal.param or "").partition("[")[0]
    if param in _OF_PROGRAMS:
        return param
    if refusal.reason in _OF_THE_COUPON:
        return "coupon"
    is_of_coupon = param == "discounts" and refusal.reason not in OUR_MISTAKES
    return "coupon" if is_of_coupon else detail_of(refusal)

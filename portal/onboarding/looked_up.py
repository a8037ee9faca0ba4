"""Ask Stripe about what a program names there, before anything of a sign-up is written."""

from __future__ import annotations

from dataclasses import replace

from portal.billing.gateway import gateway_of
from portal.customers.details import CustomerDetails
from portal.errors import PortalError, Refused
from portal.onboarding.adopt import examine
from portal.onboarding.asked import Asked, meet

_HELD, _TAKEN = "requires_capture", "succeeded"


class PaymentIntentUnusable(PortalError):
    """What was to be paid, or saved, at Stripe is not confirmed, or nobody's there."""

    status = 422
    code = "payment_intent_unusable"
    sentence = (
        "That payment intent is not authorised, or keeps no payment method of a customer for later"
        " (setup_future_usage)."
    )


async def looked_up(company: str, details: CustomerDetails, asked: Asked) -> Asked:
    """Return what is asked with what Stripe says of it: whom to take over, and what they pay by.

    Of whoever is known nothing is asked there: nothing will come of it.

    Raises:
        GatewayCustomerUnknown, GatewayCustomerTaken: whom it names cannot be taken over.
        PaymentIntentUnusable: see there.
        EmailTaken, ExternalIdTaken: as sign_up.
        EffectError: Stripe did not tell.
    """
    if not (asked.adopts or asked.intent):
        return asked
    known, _ = await meet(company, details, asked)
    if known is not None:
        return asked
    if asked.intent:
        asked = await _by_intent(company, asked)
    await examine(company, asked.adopts)
    return asked


async def _by_intent(company: str, asked: Asked) -> Asked:
    gateway = await gateway_of(company)
    try:
        found = await gateway.fetch_intent(asked.intent)
    except Refused as refused:
        raise PaymentIntentUnusable(refused.said) from refused
    is_other = asked.adopts not in ("", found.customer)
    if is_other or found.status not in (_HELD, _TAKEN) or not (found.customer and found.method):
        raise PaymentIntentUnusable
    is_held = found.status == _HELD
    return replace(asked, adopts=found.customer, payment=found.method, is_held=is_held)

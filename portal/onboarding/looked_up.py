"""Ask Stripe about what a program names there, before anything of a sign-up is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from portal import clock
from portal.billing.gateway import gateway_of
from portal.customers.details import CustomerDetails
from portal.errors import PortalError, Refused
from portal.onboarding.adopt import examine
from portal.onboarding.asked import Asked, meet

_HELD, _TAKEN = "requires_capture", "succeeded"
_OF_LATE = timedelta(hours=24)


class PaymentIntentUnusable(PortalError):
    """What was to be paid, or saved, at Stripe is not confirmed, or nobody's there."""

    status = 422
    code = "payment_intent_unusable"
    sentence = (
        "That payment intent is not authorised, or keeps no payment method of a customer for later"
        " (setup_future_usage)."
    )


class ImportNeeded(PortalError):
    """What was confirmed is no checkout's of late: it would bring somebody who was there before."""

    status = 403
    code = "insufficient_scope"
    sentence = "Only who may import takes a customer over by a payment that is so long ago."


async def looked_up(
    company: str, details: CustomerDetails, asked: Asked, *, may_import: bool = False
) -> Asked:
    """Return what is asked with what Stripe says of it: whom to take over, and what they pay by.

    Of whoever is known nothing is asked there: nothing will come of it.

    Raises:
        GatewayCustomerUnknown, GatewayCustomerTaken: whom it names cannot be taken over.
        PaymentIntentUnusable, ImportNeeded: see there.
        EmailTaken, ExternalIdTaken: as sign_up.
        EffectError: Stripe did not tell.
    """
    if not (asked.adopts or asked.intent):
        return asked
    known, _ = await meet(company, details, asked)
    if known is not None:
        return asked
    if asked.intent:
        asked = await _by_intent(company, asked, may_import=may_import)
    await examine(company, asked.adopts)
    return asked


async def _by_intent(company: str, asked: Asked, *, may_import: bool) -> Asked:
    gateway = await gateway_of(company)
    try:
        found = await gateway.fetch_intent(asked.intent)
    except Refused as refused:
        raise PaymentIntentUnusable(refused.said) from refused
    is_other = asked.adopts not in ("", found.customer)
    if is_other or found.status not in (_HELD, _TAKEN) or not (found.customer and found.method):
        raise PaymentIntentUnusable
    is_held = found.status == _HELD
    if not (may_import or is_held or clock.now() - found.made_at <= _OF_LATE):
        raise ImportNeeded
    return replace(asked, adopts=found.customer, payment=found.method, is_held=is_held)

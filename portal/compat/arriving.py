"""Have Stripe told before a door answers that speaks of what Stripe has."""

from __future__ import annotations

import time
from collections.abc import Mapping

from portal.billing.gateway import REQUEST_S
from portal.customers.payment_adopted import refusal_of_method
from portal.errors import PortalError, Unanswered
from portal.onboarding.amend import wait_for_stripe
from portal.onboarding.arrival import WAIT_S, SignUpRefused, first_onboarding, wait_for_customer
from portal.privacy.take_back import take_back
from portal.subscriptions.profiles import KeptProfile, profiles_of
from portal.subscriptions.sync import sync_object

_LATER = "Stripe has not been told yet; it will be."


class MethodRefused(PortalError):
    """Stripe did not take what somebody was to pay by; `reason` is its code."""

    status = 422
    code = "payment_method_refused"
    sentence = "Stripe did not take this way to pay."
    is_outcome = True

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def arrived_new(company: str, customer_id: str, *, pays: bool, actor: str) -> str:
    """Return a new customer's id at Stripe (cus_…); whom Stripe refuses is taken back again.

    A refusal is the request's outcome, if nothing else came of it.

    Raises:
        SignUpRefused, MethodRefused: Stripe did not take what was told, or what they pay by.
        Unanswered: not within ten seconds; nothing is lost, and the repeat goes on from there.
    """
    try:
        paying = await first_onboarding(customer_id) if pays else ""
        return await arrived(company, customer_id, paying=paying)
    except (SignUpRefused, MethodRefused) as refused:
        if await take_back(customer_id, actor=actor):
            refused.is_outcome = True
        raise


async def arrived(company: str, customer_id: str, *, paying: str = "") -> str:
    """Return a customer's id at Stripe (cus_…), once Stripe has all that was told of them.

    `paying` is the name of the request that told a way to pay, too.

    Raises:
        SignUpRefused, MethodRefused: Stripe did not take it.
        Unanswered: not within ten seconds; nothing is lost, and the repeat goes on from there.
    """
    until = time.monotonic() + WAIT_S
    stripe_id = await wait_for_customer(customer_id, WAIT_S)
    left = max(until - time.monotonic(), 0.0)
    if stripe_id is None or not await wait_for_stripe(customer_id, within_s=left, last=paying):
        raise Unanswered(_LATER)
    reason = await refusal_of_method(customer_id, paying) if paying else None
    if reason:
        raise MethodRefused(reason)
    await sync_object(company, stripe_id, within_s=REQUEST_S)
    return stripe_id


async def kept_of(company: str, customers: Mapping[str, str]) -> dict[str, KeptProfile]:
    """Return what Stripe last told of customers, by our ids; of whom it told nothing, it is asked.

    `customers` are their ids at Stripe by ours.

    Raises:
        EffectError: Stripe was asked, and did not tell.
    """
    kept = await profiles_of(list(customers))
    unknown = [
        stripe_id for id, stripe_id in customers.items() if id not in kept or not kept[id].object
    ]
    for stripe_id in unknown:
        await sync_object(company, stripe_id, within_s=REQUEST_S)
    return await profiles_of(list(customers)) if unknown else kept

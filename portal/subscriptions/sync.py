"""Bring our copies up to what Stripe has. Nothing else writes a subscription's status.

An event is a hint: take a ticket, fetch the object, write the copy only over an older ticket's.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum
from typing import Any

from portal import clock
from portal.billing import inbox
from portal.billing.billed import BilledCustomer, BilledSubscription
from portal.billing.gateway import WORKER_S, gateway_of
from portal.billing.inbox import ClaimedObject
from portal.billing.ticket import next_ticket
from portal.customers.erased import is_erased
from portal.customers.follow import follow_contact, is_change_under_way
from portal.database import is_sqlite, run_sql, transaction
from portal.errors import KeyRejected, NotAllowed, NotBegun, PortalError, Refused
from portal.operations.backoff import LONGEST_S, delay, longest
from portal.operations.outcomes import code_of
from portal.operations.pause import pausing, tell_of_permission
from portal.operations.wake import tell, wake
from portal.subscriptions.copies import (
    CLOSE_SUBSCRIPTION,
    DETACH_CUSTOMER,
    FORGET_OUTCOMES,
    KEEP_PROFILE,
    KEEP_SUBSCRIPTION,
    details_hash,
    profile_values,
    subscription_values,
)
from portal.subscriptions.happened import former_profile, former_subscription, note
from portal.subscriptions.hold import OVER
from portal.subscriptions.mails_owed import owe_mails
from portal.subscriptions.news import news_of_customer, news_of_subscription
from portal.subscriptions.payment import follow_up

log = logging.getLogger(__name__)


class Found(Enum):
    """Whose the object is."""

    OURS = "ours"
    LATER = "later"
    """It says it is ours, but we do not know it yet."""
    AWAITED = "awaited"
    """We do not know it yet, and what made it is still under way."""
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Look:
    """What Stripe had of an object when a ticket was out; None: nothing any more."""

    company: str
    stripe_id: str
    billed: BilledCustomer | BilledSubscription | None
    ticket: int

    @property
    def is_gone(self) -> bool:
        """Tell whether Stripe has it no longer, or as deleted."""
        if isinstance(self.billed, BilledCustomer):
            return self.billed.deleted
        return self.billed is None


async def handle(claimed: ClaimedObject) -> None:
    """Bring up to date what events ask for, or have it tried again later: the worker's one call."""
    try:
        found = await write(await look(claimed.company, claimed.object_id), claimed)
    except NotAllowed as missing:
        tell_of_permission(claimed.company, "event", str(missing))
        await _put_off(claimed, missing)
    except KeyRejected as rejected:
        async with pausing(claimed.company, str(rejected)):
            await inbox.release(claimed)
    except Exception as error:
        await _put_off(claimed, error)
    else:
        is_later = found is Found.LATER and not inbox.is_hopeless(claimed)
        if is_later or found is Found.AWAITED:
            await inbox.postpone(claimed, min(LONGEST_S, 0.25 * 2.0 ** min(claimed.attempts, 20)))
        elif found is not Found.OURS:
            await inbox.ignore(claimed)


async def _put_off(claimed: ClaimedObject, error: Exception) -> None:
    """Try again later, up to the day on which nobody tries any more; a mistake of ours is told."""
    if not isinstance(error, PortalError):
        where = claimed.company, claimed.object_id
        log.error("events.mistake company=%s object=%s", *where, exc_info=error)
    if given_up := await inbox.give_up(claimed):
        log.error(
            "events.given_up company=%s object=%s events=%d reason=%s",
            *(claimed.company, claimed.object_id, given_up, code_of(error)),
        )
    is_for_operator = isinstance(error, NotAllowed)
    pause = (longest() if is_for_operator else delay(claimed.attempts + 1)).total_seconds()
    asked = error.retry_after_s if isinstance(error, NotBegun) else None
    await inbox.postpone(claimed, max(pause, asked or 0.0))


async def sync_object(company_id: str, stripe_id: str, *, within_s: float = WORKER_S) -> bool:
    """Fetch a subscription (sub_…) or customer (cus_…) and write our copy; False if it is not ours.

    Raises:
        EffectError: Stripe did not tell; our copy stays as it was.
    """
    return await write(await look(company_id, stripe_id, within_s=within_s)) is Found.OURS


async def look(
    company: str, stripe_id: str, *, within_s: float = WORKER_S, to_write: bool = True
) -> Look:
    """Take a ticket and fetch a subscription (sub_…) or customer (cus_…), for `write`.

    A look that is not there to be written takes no ticket: it would overwrite nothing.
    """
    gateway = await gateway_of(company)
    ticket = await next_ticket() if to_write else 0
    billed: BilledCustomer | BilledSubscription | None
    try:
        if stripe_id.startswith("sub_"):
            billed = await gateway.fetch_subscription(stripe_id, within_s=within_s)
        else:
            billed = await gateway.fetch_customer(stripe_id, within_s=within_s)
    except Refused as refused:
        if refused.reason != "resource_missing":
            raise
        billed = None
    return Look(company, stripe_id, billed, ticket)


async def write(seen: Look, claimed: ClaimedObject | None = None) -> Found:
    """Write the copy, what follows from it, and that the events are done, together."""
    company, stripe_id, billed, ticket = seen.company, seen.stripe_id, seen.billed, seen.ticket
    customer = await _customer_of(company, stripe_id, billed)
    if customer is None:
        return await _whose(company, stripe_id, billed)
    async with transaction():
        await _hold(customer)
        if isinstance(billed, BilledSubscription):
            wrote = await keep_subscription(customer, billed, ticket)
        elif stripe_id.startswith("sub_"):
            wrote = await _close_subscription(customer, stripe_id, ticket)
        else:
            wrote = await keep_profile(customer, billed or _gone(stripe_id), ticket)
        if wrote:
            await follow_up(company, customer)
        if claimed:
            await inbox.mark_done(claimed)
    wake()
    tell(customer)
    return Found.OURS


async def _hold(customer_id: str) -> None:
    """Write one customer's copies one after another: what follows depends on them together."""
    if not is_sqlite():
        await run_sql("SELECT id FROM customer WHERE id = {} FOR NO KEY UPDATE", customer_id)


async def keep_subscription(customer_id: str, billed: BilledSubscription, ticket: int = 0) -> bool:
    """Write a subscription as our copy, in a transaction; False if a later look was here before.

    Without a ticket it is what a create answered: older than any look, so it never overwrites.
    """
    former = await former_subscription(customer_id, billed.stripe_id)
    values = subscription_values(customer_id, billed, ticket, clock.now())
    wrote = bool(await run_sql(KEEP_SUBSCRIPTION, *values))
    if wrote:
        await note(former, news_of_subscription(former.copy, billed))
        await owe_mails(former, customer_id, billed)
    return wrote


async def keep_profile(customer_id: str, billed: BilledCustomer, ticket: int = 0) -> bool:
    """Write a customer's billing profile as our copy: see `keep_subscription`.

    Stripe's e-mail is kept for billing alone: it was not verified, so nobody signs in by it. Of
    somebody who was erased nothing is written any more.
    """
    if await is_erased(customer_id):
        return False
    method = billed.card.stripe_id if billed.card else ""
    await run_sql(FORGET_OUTCOMES, customer_id, customer_id, method, ticket)
    former, now = await former_profile(customer_id), clock.now()
    values = profile_values(customer_id, billed, ticket, now)
    wrote = bool(await run_sql(KEEP_PROFILE, *values))
    if wrote:
        await note(former, news_of_customer(former.copy, billed))
    if wrote and billed.contact:
        was = former.copy["details_hash"] if former.copy else ""
        await _follow_details(customer_id, billed, was)
    if wrote and billed.deleted:
        await run_sql(DETACH_CUSTOMER, now, customer_id)
    return wrote


async def _follow_details(customer_id: str, billed: BilledCustomer, was: str) -> None:
    """Take over what was changed at Stripe; what we are about to change there goes first.

    Only what differs from the last look was changed there: a change of ours that Stripe refused,
    or has not yet, stays ours.
    """
    assert billed.contact is not None
    if await is_change_under_way(customer_id):
        await run_sql(
            "UPDATE billing_profile SET details_hash = {} WHERE customer = {}", was, customer_id
        )
    elif was and was != details_hash(billed):
        await follow_contact(customer_id, billed.contact, billed.email)


async def _close_subscription(customer_id: str, stripe_id: str, ticket: int) -> bool:
    """Close our copy of what Stripe has no longer."""
    former, now = await former_subscription(customer_id, stripe_id), clock.now()
    wrote = bool(await run_sql(CLOSE_SUBSCRIPTION, now, ticket, now, stripe_id, ticket))
    if wrote and former.copy and former.copy["status"] not in OVER:
        await note(former, ("subscription.canceled",))
    return wrote


async def _customer_of(
    company: str, stripe_id: str, billed: BilledCustomer | BilledSubscription | None
) -> str | None:
    """Find our customer by Stripe's, or by our copy of a subscription that Stripe has no longer."""
    rows: list[dict[str, Any]]
    if billed is None and stripe_id.startswith("sub_"):
        rows = await run_sql(
            "SELECT customer.id FROM customer JOIN subscription ON subscription.customer ="
            " customer.id WHERE customer.company = {} AND subscription.stripe_id = {}",
            *(company, stripe_id),
        )
    else:
        theirs = billed.customer_stripe_id if isinstance(billed, BilledSubscription) else stripe_id
        rows = await run_sql(
            "SELECT id FROM customer WHERE company = {} AND stripe_id = {}", company, theirs
        )
    return rows[0]["id"] if rows else None


async def _whose(
    company: str, stripe_id: str, billed: BilledCustomer | BilledSubscription | None
) -> Found:
    if billed is None or billed.metadata.get("portal") != company:
        return Found.FOREIGN
    # However long we were down meanwhile: its answer, or a look-up, will make it ours.
    under_way = await run_sql(
        "SELECT id FROM operation WHERE op_id = {} AND company = {} AND state = 'ready'",
        *(billed.metadata.get("operation", ""), company),
    )
    # It may have become ours since we looked.
    if under_way or await _customer_of(company, stripe_id, billed):
        return Found.AWAITED
    return Found.LATER


def _gone(stripe_id: str) -> BilledCustomer:
    return BilledCustomer(stripe_id, True, "", None, {}, False)

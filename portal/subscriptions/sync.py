"""Bring our copies up to what Stripe has. Nothing else writes a subscription's status.

An event is a hint: take a ticket, fetch the object, write the copy only over an older ticket's.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal import clock
from portal.billing import inbox
from portal.billing.billed import BilledSubscription
from portal.billing.billed_customers import BilledCustomer, gone
from portal.billing.gateway import WORKER_S, gateway_of
from portal.billing.inbox import ClaimedObject
from portal.billing.ticket import next_ticket
from portal.customers.erased import is_erased
from portal.customers.follow import follow_contact, is_change_under_way
from portal.customers.follow_tax_ids import follow_tax_ids
from portal.customers.told import UPDATED, tell_of
from portal.database import is_sqlite, run_sql, transaction
from portal.errors import Refused
from portal.operations.wake import tell, wake
from portal.subscriptions.announced import tell_of_method, tell_of_plan
from portal.subscriptions.cards_held import tell_of_held
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
from portal.subscriptions.doubles import is_removed
from portal.subscriptions.happened import former_profile, former_subscription, note
from portal.subscriptions.hold import OVER
from portal.subscriptions.mails_owed import owe_mails
from portal.subscriptions.news import CANCELED, news_of_customer, news_of_subscription
from portal.subscriptions.payment import follow_up
from portal.subscriptions.whose import Found, customer_of, whose


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
    customer = await customer_of(company, stripe_id, billed)
    if customer is None:
        return await whose(company, stripe_id, billed)
    async with transaction():
        await _hold(customer)
        if isinstance(billed, BilledSubscription):
            wrote = await keep_subscription(customer, billed, ticket)
        elif stripe_id.startswith("sub_"):
            wrote = await _close_subscription(customer, stripe_id, ticket)
        else:
            wrote = await keep_profile(customer, billed or gone(stripe_id), ticket)
        if wrote and not await is_removed(company, customer, billed):
            await follow_up(company, customer)
        if claimed:
            await inbox.mark_done(claimed)
        if claimed and _may_be_of_cards(seen):
            await tell_of_held(company, customer)
    wake()
    tell(customer)
    return Found.OURS


def _may_be_of_cards(seen: Look) -> bool:
    """Tell whether events about this object can be about cards that were refused."""
    if isinstance(seen.billed, BilledSubscription):
        return seen.billed.invoice is not None and seen.billed.invoice.status == "open"
    return seen.stripe_id.startswith("cus_")


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
        news = news_of_subscription(former.copy, billed)
        await note(former, news)
        await tell_of_plan(former, news, billed)
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
        news = news_of_customer(former.copy, billed)
        await note(former, news)
        await tell_of_method(former, news)
    if wrote and billed.contact:
        was = former.copy["details_hash"] if former.copy else ""
        await _follow_details(customer_id, billed, was)
    if wrote and billed.tax_ids is not None:
        await follow_tax_ids(customer_id, billed.tax_ids, ticket)
    if wrote and billed.deleted and await run_sql(DETACH_CUSTOMER, now, customer_id):
        await tell_of(UPDATED, customer_id, company=former.company, site=former.site)
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
        await note(former, (CANCELED,))
        await tell_of_plan(former, (CANCELED,), None)
    return wrote

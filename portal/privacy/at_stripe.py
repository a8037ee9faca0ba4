"""Stripe's end of a customer who is to be gone: the plans end, then the customer is deleted."""

from __future__ import annotations

from portal import clock
from portal.billing import inbox
from portal.billing.billed_customers import BilledPerson, gone
from portal.billing.gateway import gateway_of
from portal.billing.stripe_lists import StripeLists
from portal.customers.erased import says_erased
from portal.database import run_sql
from portal.errors import Refused
from portal.onboarding.made import is_unused_and_made
from portal.operations.step import Claimed
from portal.subscriptions.copies import KEEP_PROFILE, profile_values
from portal.subscriptions.hold import OVER

NOTHING = "nothing"
"""What comes of the end of whom Stripe never had."""
_CALLS_PER_S = 20.0
_NAMED = "SELECT status FROM customer WHERE id = {} AND company = {}"
_CLOSE = """UPDATE subscription SET status = 'canceled', ended_at = COALESCE(ended_at, {}),
 payment = '' WHERE customer = {} AND status NOT IN ('canceled', 'incomplete_expired')
 RETURNING stripe_id"""


async def stripe_id_of(op: Claimed) -> str | None:
    """Return the id at Stripe (cus_…) of an operation's customer; None: Stripe never had them."""
    rows = await run_sql("SELECT stripe_id FROM customer WHERE id = {}", op.customer)
    return rows[0]["stripe_id"] if rows else None


async def end_at_stripe(op: Claimed) -> str:
    """End the plans and delete the customer: what is gone already is done. Return their id there.

    It is the operation's customer, whom Stripe may never have had; or a stray one.

    Raises:
        Refused: what is written on them there, or uses them, says that they are not ours to delete.
    """
    stray = op.params.get("stray")
    stripe_id = stray or await stripe_id_of(op)
    if not stripe_id:
        return NOTHING
    lists = StripeLists(await gateway_of(op.company), _CALLS_PER_S)
    try:
        theirs = await lists.person(stripe_id)
    except Refused as refused:
        if refused.reason != "resource_missing":
            raise
        return str(stripe_id)
    if theirs is None:
        return str(stripe_id)
    if not await _may_go(op, lists, theirs):
        raise Refused("not_ours", said="Another's, or in use, or nothing proves that we made it.")
    async for page in lists.subscriptions(customer=stripe_id):
        for one in page:
            if one.status not in OVER:
                await lists.cancel_subscription(one.stripe_id)
    await lists.delete_customer(stripe_id)
    return str(stripe_id)


async def _may_go(op: Claimed, lists: StripeLists, theirs: BilledPerson) -> bool:
    """Tell whether a customer there may be deleted: a stray one only if we made it.

    One that our own row names, unless its marks name somebody else who lives here. The key
    `customer` may be the seller's own, and an adoption can have left the name of who is gone.
    """
    assert op.customer is not None
    if stray := op.params.get("stray"):
        return await is_unused_and_made(lists, op.company, stray, op.customer)
    named = theirs.metadata.get("customer")
    if named == op.customer or theirs.metadata.get("portal") != op.company:
        return True
    rows = await run_sql(_NAMED, named, op.company)
    return not rows or says_erased(rows[0]["status"])


async def close_copies(op: Claimed, stripe_id: str) -> None:
    """Close our copies, in the transaction that holds the customer.

    What Stripe has of the plans is fetched once more, so that no sweep finds a difference. The
    profile says that they are gone, also of whom we had none.
    """
    for sold in await run_sql(_CLOSE, clock.now(), op.customer):
        await inbox.note(op.company, sold["stripe_id"], f"{op.op_id}:{sold['stripe_id']}")
    assert op.customer is not None
    if stripe_id != NOTHING:
        await run_sql(KEEP_PROFILE, *profile_values(op.customer, gone(stripe_id), 0, clock.now()))
    await run_sql("UPDATE billing_profile SET deleted = {} WHERE customer = {}", True, op.customer)

"""Remove sign-ups that were left: ask Stripe once more, and then as whoever asks to be erased."""

from __future__ import annotations

from portal import clock
from portal.billing.gateway import gateway_of
from portal.billing.stripe_lists import StripeLists
from portal.customers.directory import lock_any_customer
from portal.database import run_sql, transaction
from portal.errors import Refused
from portal.operations.enqueue import Owed, enqueue_all
from portal.operations.step import Claimed, Step
from portal.operations.wake import wake
from portal.privacy.abandoned import CHECK_ABANDONED, LANE, WORKER, abandoned, may_be_removed
from portal.privacy.erasure import open_erasure
from portal.subscriptions.hold import OVER

MOST_WAITING = 100
"""So many sign-ups are asked about at a time: whoever signs up now does not stand behind them."""
_CALLS_PER_S = 20.0
_STAYS, _GOES = "stays", "goes"


async def remove_abandoned() -> None:
    """Have some of those looked at who left a sign-up a month ago. Safe to repeat."""
    (waiting,) = await run_sql(_WAITING, CHECK_ABANDONED)
    found = await abandoned(max(MOST_WAITING - waiting["n"], 0))
    if not found:
        return
    async with transaction():
        await enqueue_all(
            [
                Owed(CHECK_ABANDONED, company, f"{LANE}{customer}", {}, customer)
                for customer, company in found
            ]
        )
    wake()


async def _check(op: Claimed) -> str:
    """Ask Stripe whether something lives there, or money is about it: our copies may not know."""
    rows = await run_sql("SELECT stripe_id FROM customer WHERE id = {}", op.customer)
    stripe_id = rows[0]["stripe_id"] if rows else None
    if stripe_id is None:
        return _GOES
    lists = StripeLists(await gateway_of(op.company), _CALLS_PER_S)
    try:
        theirs = await lists.person(stripe_id)
        if theirs and (theirs.has_means or await lists.has_payment_method(stripe_id)):
            return _STAYS
        async for page in lists.subscriptions(customer=stripe_id):
            if any(sold.status not in OVER for sold in page):
                return _STAYS
        return _STAYS if await lists.has_paid_or_owes(customer=stripe_id) else _GOES
    except Refused as refused:
        if refused.reason != "resource_missing":
            raise
        return _GOES


async def _checked(op: Claimed, found: str) -> None:
    """Have them erased at once, unless something became of the sign-up meanwhile."""
    assert op.customer is not None
    if found != _GOES:
        return
    customer = await lock_any_customer(op.customer)
    open_ones = await run_sql(_OPEN, op.customer)
    if not open_ones and await may_be_removed(op.customer):
        await open_erasure(customer, WORKER, clock.now())


_WAITING = "SELECT COUNT(*) AS n FROM operation WHERE kind = {} AND state = 'ready'"
_OPEN = "SELECT id FROM erasure WHERE customer = {} AND taken_back_at IS NULL"

# Asked again in a month, when this has been forgotten: whoever has paid stays.
check_abandoned = Step(call=_check, done=_checked, only_looks=True)

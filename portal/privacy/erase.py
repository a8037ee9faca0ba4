"""Carry an erasure out once its seven days are over: here at once, then at Stripe.

Whatever dies in between, it goes on where it was: the row says how far it has come, and Stripe's
end of it is an operation in the customer's lane, behind all that was under way there.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal import clock
from portal.audit.record import record
from portal.customers.directory import lock_any_customer
from portal.customers.erased import ERASE_CUSTOMER, owe_end, says_erased
from portal.customers.told import tell_of_end
from portal.database import empty_log, run_sql, transaction
from portal.errors import DatabaseBusy, Refused
from portal.operations.enqueue import lane_of_customer
from portal.operations.one_by_one import one_by_one
from portal.operations.save import forget_name, hold_all_of
from portal.operations.step import Claimed, Step
from portal.operations.wake import wake
from portal.privacy.abandoned import WORKER, may_be_removed
from portal.privacy.at_stripe import close_copies, end_at_stripe
from portal.privacy.wipe import wipe

AGAIN_AFTER = timedelta(hours=1)
SOON = timedelta(minutes=1)
_AT_ONCE = 100

log = logging.getLogger(__name__)


async def erase_what_is_due() -> None:
    """Begin what is due, and once more what has not come to its end within an hour.

    One that fails is tried again in an hour, one that met a busy database in a minute, and stops no
    other. Safe to repeat, and for several workers at a time.
    """
    due = await run_sql(
        "SELECT id, customer, company, asked_by FROM erasure WHERE next_at <= {}"
        " AND taken_back_at IS NULL AND erased_at IS NULL ORDER BY next_at LIMIT {}",
        *(clock.now(), _AT_ONCE),
    )
    await one_by_one("erasure", due, _begin_or_put_off, name=lambda row: str(row["id"]))
    if due:
        wake()
    await _sweep_log()


async def _begin_or_put_off(row: Mapping[str, Any]) -> None:
    try:
        await _begin(row["id"], row["customer"], row["company"], asked_by=row["asked_by"])
    except Exception as error:
        # Else it would stand before all that come due later.
        again_at = clock.now() + (SOON if isinstance(error, DatabaseBusy) else AGAIN_AFTER)
        await run_sql("UPDATE erasure SET next_at = {} WHERE id = {}", again_at, row["id"])
        raise


async def _begin(erasure: str, customer: str, company: str, *, asked_by: str) -> None:
    """Empty our tables and owe the rest, together; then nobody can take it back any more."""
    now = clock.now()
    async with transaction():
        await hold_all_of(customer)
        before = await lock_any_customer(customer)
        is_kept = asked_by == WORKER and not await may_be_removed(customer)
        if is_kept and await run_sql(_GIVE_UP, now, erasure, WORKER):
            return
        taken = await run_sql(
            "UPDATE erasure SET begun_at = COALESCE(begun_at, {}), next_at = {}"
            " WHERE id = {} AND next_at <= {} AND taken_back_at IS NULL AND erased_at IS NULL"
            " RETURNING id",
            *(now, now + AGAIN_AFTER, erasure, now),
        )
        if not taken:
            return
        await wipe(customer)
        if not await run_sql(_OWED, lane_of_customer(customer), ERASE_CUSTOMER):
            await owe_end(ERASE_CUSTOMER, customer, company)
        if not says_erased(str(before.status)):
            await tell_of_end(customer, company=company, site=str(before.site))


async def _is_erased(op: Claimed, stripe_id: str) -> None:
    """Empty our tables again, of what was written meanwhile, and close our copies.

    What Stripe has of the plans is fetched once more, so that no sweep finds a difference.
    """
    assert op.customer is not None
    await lock_any_customer(op.customer)
    await wipe(op.customer)
    if op.params["stray"]:
        # Of the one that is theirs it says nothing.
        return
    await close_copies(op, stripe_id)
    await run_sql(
        "UPDATE erasure SET erased_at = COALESCE(erased_at, {}), swept_at = NULL"
        " WHERE customer = {} AND begun_at IS NOT NULL",
        *(clock.now(), op.customer),
    )
    await record("customer.erased", company=op.company, actor="worker", object_id=op.customer)
    log.info("erasure.done customer=%s", op.customer)


async def _refused(op: Claimed, refusal: Refused) -> None:
    """Give this try up; the next comes within the hour, of a stray one with the next sweep."""
    log.error("erasure.refused customer=%s reason=%s", op.customer, refusal.reason)
    await forget_name(op)


async def _sweep_log() -> None:
    """Have what was erased leave the database's own log too."""
    over = await run_sql(
        "SELECT id FROM erasure WHERE swept_at IS NULL AND erased_at IS NOT NULL LIMIT {}",
        _AT_ONCE,
    )
    if over and await empty_log():
        now = clock.now()
        async with transaction():
            for row in over:
                await run_sql("UPDATE erasure SET swept_at = {} WHERE id = {}", now, row["id"])


_GIVE_UP = """UPDATE erasure SET taken_back_at = {} WHERE id = {} AND begun_at IS NULL
 AND asked_by = {} RETURNING id"""
_OWED = "SELECT id FROM operation WHERE lane = {} AND kind = {} AND state = 'ready' LIMIT 1"

# No key of its own: Stripe deletes once, however often it is asked.
erase_customer = Step(call=end_at_stripe, done=_is_erased, refused=_refused)

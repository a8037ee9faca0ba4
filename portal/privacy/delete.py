"""Delete a customer on the word of the seller's program: here at once, then at Stripe.

Unlike an erasure it leaves the row, from which the seller may have to tell; nothing lives of it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from portal import clock
from portal.access.repeats import empty_answers, forget_request_for
from portal.access.sessions import end_all
from portal.audit.record import record
from portal.customers.directory import lock_any_customer
from portal.customers.erased import DELETE_CUSTOMER, DELETED, owe_end, says_erased
from portal.customers.tables import Customer
from portal.customers.told import tell_of_end
from portal.database import run_sql, transaction
from portal.errors import Refused
from portal.onboarding.adopt import ADOPT_CUSTOMER
from portal.onboarding.steps import CREATE_CUSTOMER
from portal.operations.one_by_one import one_by_one
from portal.operations.save import forget_name, hold_all_of
from portal.operations.step import Claimed, Step
from portal.operations.wake import wake
from portal.privacy.at_stripe import close_copies, end_at_stripe
from portal.privacy.called_off import ONLY_CHANGES, STANDS_IN_THE_WAY, call_off

AGAIN_AFTER = timedelta(hours=1)
_AT_ONCE = 1000

# Address and external id may be given to somebody else from now on, and nobody is written to.
_DELETE = """UPDATE customer SET status = {}, deleted_at = {}, email = NULL, email_key = NULL,
 email_verified_at = NULL, external_id = NULL, search = '', refused_field = '',
 version = version + 1, updated_at = {} WHERE id = {}"""
_OWED = """SELECT id FROM operation WHERE customer = {} AND kind = {} AND state = 'ready'
 AND once IS NULL LIMIT 1"""
# Whom Stripe may have still, and nobody is about to delete there, or something stands in the way.
_STANDS = f"""SELECT customer.id FROM customer
 LEFT JOIN billing_profile AS profile ON profile.customer = customer.id
 WHERE customer.status = {{}} AND (profile.deleted IS NULL OR NOT profile.deleted)
 AND ({STANDS_IN_THE_WAY}
  OR (customer.stripe_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM operation AS tried
   WHERE tried.lane = 'stripe:' || customer.id AND tried.kind = {{}} AND tried.once IS NULL
   AND (tried.state = 'ready' OR tried.done_at > {{}}))))
 ORDER BY customer.id LIMIT {{}}"""  # noqa: S608 - constants of ours
_REFUSED = """SELECT id FROM operation WHERE customer = {} AND kind IN ({}, {})
 AND state = 'refused'"""
_LAST_TRY = "SELECT state FROM operation WHERE customer = {} AND kind = {} ORDER BY id DESC LIMIT 1"

log = logging.getLogger(__name__)


async def delete_customer(
    customer_id: str, *, actor: str, only_if: Callable[[Customer], Awaitable[bool]] | None = None
) -> bool:
    """Delete a customer: their plans end, and nobody signs in as them any more. Safe to repeat.

    What Stripe refused of it is tried once more by each repeat. `only_if` is asked under the lock,
    which the worker takes too.

    Returns:
        Whether they were there, and are not any more; False: deleted or erased before.
    """
    async with transaction():
        await hold_all_of(customer_id)
        customer = await lock_any_customer(customer_id)
        is_there = not says_erased(str(customer.status))
        if is_there and only_if and not await only_if(customer):
            return False
        if is_there:
            await _delete_here(customer, actor)
        elif customer.status != DELETED or not await _was_given_up(customer_id):
            return False
        await owe_end(DELETE_CUSTOMER, customer_id, str(customer.company))
    wake()
    return is_there


async def delete_what_stands() -> None:
    """Have Stripe's end of each deletion tried again that came to nothing an hour ago, or waits.

    So nobody who is deleted here stays there, with a plan that runs on. Safe to repeat, and for
    several workers at a time.
    """
    again = clock.now() - AGAIN_AFTER
    rows = await run_sql(_STANDS, DELETED, *ONLY_CHANGES, DELETE_CUSTOMER, again, _AT_ONCE)
    await one_by_one("deletion", [row["id"] for row in rows], _delete_again, name=str)
    if rows:
        wake()


async def _delete_again(customer_id: str) -> None:
    async with transaction():
        await hold_all_of(customer_id)
        customer = await lock_any_customer(customer_id)
        if customer.status != DELETED:
            return
        await call_off(customer_id)
        if not await run_sql(_OWED, customer_id, DELETE_CUSTOMER):
            await owe_end(DELETE_CUSTOMER, customer_id, str(customer.company))


async def delete_refused(customer_id: str, *, actor: str) -> bool:
    """Delete a customer whom Stripe refused to make, and of whom no program was told.

    The request that made them may be sent again. False: they are gone, or were taken up meanwhile;
    whom Stripe has, or is being asked to make, is never deleted by it.
    """
    async with transaction():
        await hold_all_of(customer_id)
        customer = await lock_any_customer(customer_id)
        is_refused = await run_sql(_REFUSED, customer_id, CREATE_CUSTOMER, ADOPT_CUSTOMER)
        if says_erased(str(customer.status)) or customer.stripe_id or not is_refused:
            return False
        await forget_request_for(customer_id)
        await _delete_here(customer, actor)
    wake()
    return True


async def _delete_here(customer: Customer, actor: str) -> None:
    id, company, now = str(customer.id), str(customer.company), clock.now()
    await call_off(id)
    await run_sql(_DELETE, DELETED, now, now, id)
    await end_all(id)
    await empty_answers(id)
    await record("customer.deleted", company=company, actor=actor, object_id=id)
    await tell_of_end(id, company=company, site=str(customer.site))


async def _was_given_up(customer_id: str) -> bool:
    """Tell whether Stripe's end of it came to nothing: a plan may run on there."""
    rows = await run_sql(_LAST_TRY, customer_id, DELETE_CUSTOMER)
    return bool(rows) and rows[0]["state"] == "failed"


async def _is_deleted(op: Claimed, stripe_id: str) -> None:
    assert op.customer is not None
    await lock_any_customer(op.customer)
    if not op.params.get("stray"):
        await close_copies(op, stripe_id)


async def _refused(op: Claimed, refusal: Refused) -> None:
    """Give this try up; the next comes within two hours, of a stray one with the next sweep."""
    log.error("deletion.refused customer=%s reason=%s", op.customer, refusal.reason)
    await forget_name(op)


# No key of its own: Stripe deletes once, however often it is asked.
delete_step = Step(call=end_at_stripe, done=_is_deleted, refused=_refused)

"""Remove a double: an object of ours at Stripe in whose place another was adopted.

Stripe can finish a create by itself long after it answered with an error. Nobody was shown such an
object, so nobody can have paid with it, and nothing on file does (`subscriptions/doubles.py`);
whatever speaks against that leaves it alone.
"""

from __future__ import annotations

from portal.audit.record import record
from portal.billing.billed import BilledSubscription
from portal.billing.gateway import gateway_of
from portal.billing.stripe_lists import StripeLists
from portal.database import run_sql
from portal.errors import Refused
from portal.onboarding.made import is_unused_and_made
from portal.operations.step import Claimed, Step
from portal.reconciliation.compare import OVER
from portal.subscriptions.doubles import is_double

_KEPT = "kept"
_CHANGED = "SELECT 1 AS changed FROM plan_change WHERE subscription = {} LIMIT 1"


async def is_surplus_customer(
    lists: StripeLists, company: str, stripe_id: str, customer: str
) -> bool:
    """Tell whether a customer at Stripe is a double of ours that may go."""
    held = await _held_customer(company, customer)
    if held is None or held == stripe_id or await lists.person(held) is None:
        return False
    return await is_unused_and_made(lists, company, stripe_id, customer)


async def is_surplus_subscription(
    lists: StripeLists, company: str, stripe_id: str, onboarding: str
) -> bool:
    """Tell whether a subscription of our customer is a double of their sign-up's that may go."""
    rows = await run_sql(
        "SELECT onboarding.subscription_stripe_id AS held, customer.stripe_id AS customer"
        " FROM onboarding JOIN customer ON customer.id = onboarding.customer"
        " WHERE onboarding.id = {} AND customer.company = {}",
        *(onboarding, company),
    )
    if not rows or rows[0]["held"] in (None, stripe_id) or rows[0]["customer"] is None:
        return False
    held, customer = rows[0]["held"], rows[0]["customer"]
    living = dict[str, BilledSubscription]()
    async for page in lists.subscriptions(customer=customer):
        living.update({one.stripe_id: one for one in page if one.status not in OVER})
    if not {held, stripe_id} <= living.keys() or await run_sql(_CHANGED, stripe_id):
        return False
    # A card is there for the other one: a double it does not pay.
    is_ours = await is_double(company, living[stripe_id])
    if not is_ours and await lists.has_payment_method(customer):
        return False
    return not await lists.has_paid(customer=customer, subscription=stripe_id)


async def was_tried(stripe_id: str) -> bool:
    """Tell whether a removal ended before, and the double is there still."""
    rows = await run_sql(
        "SELECT state FROM operation WHERE once = {}", f"surplus:{stripe_id}"[:100]
    )
    return bool(rows) and rows[0]["state"] != "ready"


async def _remove(op: Claimed) -> str:
    """Look once more whether it may go, and have it go: both are safe to repeat."""
    surplus = op.params["surplus"]
    gateway = await gateway_of(op.company)
    lists = StripeLists(gateway)
    if surplus.startswith("sub_"):
        sold = await gateway.fetch_subscription(surplus)
        if sold.status in OVER:
            return str(surplus)
        marks = sold.metadata.get("portal"), sold.metadata.get("onboarding")
        if marks != (op.company, op.params["onboarding"]):
            return _KEPT
        if not await is_surplus_subscription(lists, op.company, surplus, op.params["onboarding"]):
            return _KEPT
        await lists.cancel_subscription(surplus)
        return str(surplus)
    if await lists.person(surplus) is None:
        return str(surplus)
    if not await is_surplus_customer(lists, op.company, surplus, op.params["customer"]):
        return _KEPT
    async for page in lists.subscriptions(customer=surplus):
        for one in page:
            if one.status not in OVER:
                await lists.cancel_subscription(one.stripe_id)
    await lists.delete_customer(surplus)
    return str(surplus)


async def _removed(op: Claimed, result: str) -> None:
    action = "surplus.kept" if result == _KEPT else "surplus.removed"
    await record(action, company=op.company, actor="worker", object_id=op.params["surplus"])


async def _refused(op: Claimed, refusal: Refused) -> None:
    """Give it up: the next sweep finds it again and tells of it."""


async def _held_customer(company: str, customer: str) -> str | None:
    rows = await run_sql(
        "SELECT stripe_id FROM customer WHERE id = {} AND company = {} AND status <> 'detached'",
        *(customer, company),
    )
    return rows[0]["stripe_id"] if rows else None


remove_surplus = Step(call=_remove, done=_removed, refused=_refused)

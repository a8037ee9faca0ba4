"""What the steps of all changes have in common: what is changed, and what is written of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from portal import clock
from portal.billing import inbox
from portal.billing.billed import BilledSubscription
from portal.billing.gateway import gateway_of
from portal.billing.stripe_gateway import StripeGateway
from portal.database import run_sql
from portal.errors import Refused
from portal.operations.step import Claimed
from portal.subscriptions.changes import hold_customer
from portal.subscriptions.hold import OVER
from portal.subscriptions.payment import follow_up
from portal.subscriptions.sync import Look, keep_subscription, look

# So far our clock and Stripe's may be apart.
_SKEW = timedelta(minutes=5)


async def running(op: Claimed) -> tuple[StripeGateway, BilledSubscription]:
    """Return the way to Stripe, and the subscription that is to be changed as it is now.

    Raises:
        Refused: it is over.
    """
    gateway = await gateway_of(op.company)
    found = await gateway.fetch_subscription(op.params["subscription"])
    if found.status in OVER:
        raise Refused("already_over")
    return gateway, found


async def end_now(gateway: StripeGateway, subscription: str) -> None:
    """End a subscription now; one that has ended since the look is as it was to be."""
    try:
        await gateway.end_subscription(subscription)
    except Refused as refused:
        if refused.reason != "resource_missing":
            raise


def ended_since(op: Claimed, found: BilledSubscription) -> bool:
    """Tell whether it ended after this was asked for, as far as two clocks can tell."""
    return found.ended_at is not None and found.ended_at >= op.created_at - _SKEW


async def seen_after(op: Claimed) -> Look:
    """Look at the subscription once it is changed: what an answer says may be old by then."""
    return await look(op.company, op.params["subscription"])


async def write_done(op: Claimed, seen: Look) -> None:
    """Write the copy of what was changed, and that the change is done."""
    assert op.customer is not None
    await hold_customer(op.customer)
    if isinstance(seen.billed, BilledSubscription) and await keep_subscription(
        op.customer, seen.billed, seen.ticket
    ):
        await follow_up(op.company, op.customer)
    await _end(op.subject, "done", "")


async def write_refused(op: Claimed, refused: Refused) -> None:
    """Write down why a change was refused, and have the copy brought up to date."""
    await inbox.note(op.company, op.params["subscription"], f"{op.op_id}:{op.generation}")
    await _end(op.subject, "refused", refused.reason[:60])


def and_then(
    write: Callable[[Claimed, Look], Awaitable[None]],
) -> Callable[[Claimed, Look], Awaitable[None]]:
    """Write down that a change is done, and then this."""

    async def done(op: Claimed, seen: Look) -> None:
        await write_done(op, seen)
        await write(op, seen)

    return done


async def _end(change: str | None, state: str, problem: str) -> None:
    await run_sql(
        "UPDATE plan_change SET state = {}, problem = {}, done_at = {} WHERE id = {}",
        *(state, problem, clock.now(), change),
    )

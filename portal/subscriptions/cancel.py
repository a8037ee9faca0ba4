"""End a plan: when what was paid for is over, and with a way back until then."""

from __future__ import annotations

from typing import Any

from portal.access.asking import refuse_too_many
from portal.billing.billed import BilledSubscription
from portal.billing.gateway import gateway_of
from portal.billing.stripe_gateway import StripeGateway
from portal.customers.contact import home_of
from portal.database import run_sql, transaction
from portal.errors import PortalError, Refused
from portal.operations.backoff import key_of
from portal.operations.step import Claimed, Step
from portal.operations.wake import wake
from portal.subscriptions.change_mail import SOON, owe_change_mail, owe_mail
from portal.subscriptions.change_steps import (
    and_then,
    end_now,
    ended_since,
    running,
    seen_after,
    write_refused,
)
from portal.subscriptions.changes import (
    THEMSELVES,
    Asker,
    ask_for,
    change_under_way,
    hold_customer,
)
from portal.subscriptions.held import held_by
from portal.subscriptions.hold import OVER, Hold
from portal.subscriptions.sync import Look

CANCEL_PLAN = "cancel_plan"
KEEP_PLAN = "keep_plan"

REASONS = (
    "too_expensive", "missing_features", "switched_service", "unused", "too_complex",
    "low_quality", "customer_service", "other",
)  # fmt: skip
"""Stripe's own words for why somebody leaves."""

_RUNS = ("trialing", "active", "past_due")


class NothingToEnd(PortalError):
    """There is no plan, or it is over."""

    status = 409
    code = "nothing_to_end"
    sentence = "You have no plan that could be cancelled."


async def cancel_plan(
    company: str,
    customer: str,
    *,
    reason: str = "",
    at_once: bool = False,
    by: Asker = THEMSELVES,
) -> str | None:
    """Have a plan end when its period does, and confirm it by mail; return the change.

    One that was never paid, or is paused for want of a card, ends at once; so does any for a
    seller who wants it `at_once`, and nothing is given back. Safe to repeat: None when it was
    cancelled before.

    Raises:
        NothingToEnd: there is no plan, or it is over.
    """
    hold = await _running_hold(customer)
    if hold.is_ending and not at_once:
        return None
    runs_on = ends_later(hold) and not at_once
    async with transaction():
        await hold_customer(customer)
        under_way = await change_under_way(customer)
        is_asked = under_way is not None and under_way.kind == "cancel"
        # One that ends at once is more than one that ends later.
        if under_way and is_asked and (not at_once or under_way.takes_effect_at is None):
            return under_way.id
        why = reason if reason in REASONS else ""
        change = await ask_for(
            CANCEL_PLAN,
            "cancel",
            company=company,
            customer=customer,
            subscription=hold.stripe_id,
            params={"at_once": not runs_on, "even_running": at_once, "reason": why},
            by=by,
            takes_effect_at=hold.ends_at if runs_on else None,
            reason=why,
        )
        await owe_change_mail(company, customer, change, after=SOON)
    wake()
    return change


async def keep_plan(company: str, customer: str, *, by: Asker = THEMSELVES) -> str | None:
    """Take a cancellation back; return the change, None when there is nothing to take back.

    Raises:
        NothingToEnd: it is over already.
        TooMany: its customer took it back too often; cancelling itself is never refused.
    """
    hold = await _running_hold(customer)
    if by == THEMSELVES and await _may_keep(hold, customer):
        await refuse_too_many(await home_of(customer), customer, "keep")
    async with transaction():
        await hold_customer(customer)
        under_way = await change_under_way(customer)
        if under_way and under_way.kind == "keep":
            return under_way.id
        if not hold.is_ending and not (under_way and under_way.kind == "cancel"):
            return None
        change = await ask_for(
            KEEP_PLAN,
            "keep",
            company=company,
            customer=customer,
            subscription=hold.stripe_id,
            params={},
            by=by,
        )
    wake()
    return change


async def _may_keep(hold: Hold, customer: str) -> bool:
    under_way = await change_under_way(customer)
    return under_way.kind == "cancel" if under_way else hold.is_ending


def ends_later(hold: Hold) -> bool:
    """Tell whether a plan runs on after it was cancelled: until its period ends."""
    return hold.status in _RUNS


async def _running_hold(customer: str) -> Hold:
    hold = await held_by(customer)
    if hold is None or not hold.is_living:
        raise NothingToEnd
    return hold


async def let_go(op: Claimed, gateway: StripeGateway, found: BilledSubscription) -> None:
    """Release a schedule, so that what it planned does not come."""
    if found.schedule is None:
        return
    try:
        key = f"{key_of(op, gateway.account)}:release"
        await gateway.release_schedule(found.schedule, key=key)
    except Refused as refused:
        # It has let go by itself meanwhile; if not, Stripe refuses what follows.
        if refused.reason not in ("resource_missing", "invalid_request_error"):
            raise


async def _cancel(op: Claimed) -> Look:
    gateway = await gateway_of(op.company)
    found = await gateway.fetch_subscription(op.params["subscription"])
    if found.status in OVER:
        if op.params["at_once"] and ended_since(op, found):
            # By an earlier try of ours, whose answer was lost.
            return await seen_after(op)
        raise Refused("already_over")
    even_running = op.params.get("even_running", False)
    if op.params["at_once"] and (even_running or found.status not in _RUNS):
        await end_now(gateway, found.stripe_id)
    elif not found.cancel_at_period_end and found.cancel_at is None:
        await let_go(op, gateway, found)
        why = op.params["reason"]
        details = {"cancellation_details": {"feedback": why}} if why else {}
        params = {"cancel_at_period_end": True} | details
        await gateway.update_subscription(found.stripe_id, params, key=key_of(op, gateway.account))
    return await seen_after(op)


async def _note_end(op: Claimed, seen: Look) -> None:
    """Remember when it really ends, unless it has: the mail tells it."""
    if isinstance(seen.billed, BilledSubscription):
        ends_at = None if seen.billed.ended_at else seen.billed.cancel_at
        await run_sql(
            "UPDATE plan_change SET takes_effect_at = {} WHERE id = {}", ends_at, op.subject
        )


async def _keep(op: Claimed) -> Look:
    gateway, found = await running(op)
    params: dict[str, Any] = {"cancel_at_period_end": False}
    if not found.cancel_at_period_end and found.cancel_at:
        params = {"cancel_at": ""}
    await gateway.update_subscription(found.stripe_id, params, key=key_of(op, gateway.account))
    return await seen_after(op)


# Each may be repeated under a new key: it says how things shall be, not what to add.
cancel_step = Step(call=_cancel, done=and_then(_note_end), refused=write_refused)
keep_step = Step(call=_keep, done=and_then(owe_mail), refused=write_refused)

"""Pause a plan and resume it, where the plan allows that: meanwhile nothing is charged."""

from __future__ import annotations

from portal.access.asking import refuse_too_many
from portal.customers.contact import home_of
from portal.database import transaction
from portal.errors import Refused
from portal.operations.backoff import key_of
from portal.operations.step import Claimed, Step
from portal.operations.wake import wake
from portal.subscriptions.change_mail import owe_mail
from portal.subscriptions.change_steps import and_then, running, seen_after, write_refused
from portal.subscriptions.changes import (
    THEMSELVES,
    Asker,
    ask_for,
    change_under_way,
    hold_customer,
)
from portal.subscriptions.held import held_by
from portal.subscriptions.hold import Hold
from portal.subscriptions.switching import UNDER_WAY, CannotChange
from portal.subscriptions.sync import Look

PAUSE_PLAN = "pause_plan"
RESUME_PLAN = "resume_plan"


async def pause_plan(company: str, customer: str, *, by: Asker = THEMSELVES) -> str | None:
    """Have nothing charged until it is resumed; return the change, None where it cannot be.

    Raises:
        CannotChange: something else is being done to it.
        TooMany: its customer paused it too often.
    """
    hold = await held_by(customer)
    if hold is None or not may_pause(hold):
        return None
    if by == THEMSELVES and await change_under_way(customer) is None:
        await refuse_too_many(await home_of(customer), customer, "pause")
    return await _ask(PAUSE_PLAN, "pause", company, customer, hold, by)


async def resume_plan(company: str, customer: str, *, by: Asker = THEMSELVES) -> str | None:
    """Have a plan charged again; return the change, None when it is not paused.

    Raises:
        CannotChange: something else is being done to it.
    """
    hold = await held_by(customer)
    if hold is None or not hold.is_living or not hold.collection_paused:
        return None
    return await _ask(RESUME_PLAN, "resume", company, customer, hold, by)


def may_pause(hold: Hold | None) -> bool:
    """Tell whether somebody may pause what they hold: it is paid, and stays as it is."""
    if hold is None or not hold.is_living or not hold.is_pausable or hold.is_free:
        return False
    is_settled = hold.status == "active" and not hold.is_ending and hold.planned is None
    return is_settled and not hold.collection_paused


async def _ask(
    operation: str, kind: str, company: str, customer: str, hold: Hold, by: Asker
) -> str | None:
    async with transaction():
        await hold_customer(customer)
        if under_way := await change_under_way(customer):
            if under_way.kind != kind:
                raise CannotChange(UNDER_WAY)
            return under_way.id
        change = await ask_for(
            operation,
            kind,
            company=company,
            customer=customer,
            subscription=hold.stripe_id,
            params={},
            by=by,
        )
    wake()
    return change


async def _pause(op: Claimed) -> Look:
    gateway, found = await running(op)
    if not found.collection_paused:
        if found.status != "active" or found.cancel_at or found.cancel_at_period_end:
            raise Refused("changed_meanwhile")
        params = {"pause_collection": {"behavior": "void"}}
        await gateway.update_subscription(found.stripe_id, params, key=key_of(op, gateway.account))
    return await seen_after(op)


async def _resume(op: Claimed) -> Look:
    gateway, found = await running(op)
    if found.collection_paused:
        params = {"pause_collection": ""}
        await gateway.update_subscription(found.stripe_id, params, key=key_of(op, gateway.account))
    return await seen_after(op)


pause_step = Step(call=_pause, done=and_then(owe_mail), refused=write_refused)
resume_step = Step(call=_resume, done=and_then(owe_mail), refused=write_refused)

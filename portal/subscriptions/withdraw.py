"""Withdraw from a contract: it ends at once, and what was paid is given back."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime

from portal import clock
from portal.audit.record import record
from portal.billing import inbox
from portal.billing.gateway import gateway_of
from portal.billing.stripe_errors import only_looked
from portal.database import run_sql, transaction
from portal.errors import PortalError, Refused
from portal.operations.step import Claimed, Step
from portal.operations.wake import wake
from portal.sites.market import last_day_to_withdraw, may_withdraw
from portal.sites.storefront import Storefront
from portal.subscriptions.by_hand import owe_correction, owe_seller, withdrawal_of
from portal.subscriptions.cancel import let_go
from portal.subscriptions.change_mail import SOON, owe_change_mail
from portal.subscriptions.change_steps import end_now, seen_after, write_done, write_refused
from portal.subscriptions.changes import ask_for, change_under_way, hold_customer
from portal.subscriptions.give_back import Given, give_back
from portal.subscriptions.held import held_by
from portal.subscriptions.hold import OVER, Hold
from portal.subscriptions.left import Left
from portal.subscriptions.sync import Look

WITHDRAW_PLAN = "withdraw_plan"

log = logging.getLogger(__name__)


class CannotWithdraw(PortalError):
    """There is no contract from which this customer can withdraw, or no longer."""

    status = 409
    code = "cannot_withdraw"
    sentence = "You have no contract that you could withdraw from now."


@dataclass(frozen=True, slots=True)
class Withdrawable:
    """A contract that somebody can withdraw from, and until when."""

    hold: Hold
    last_day: date


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What came of a withdrawal at Stripe."""

    seen: Look
    given: Given


async def withdrawable_by(
    site: Storefront, customer: str, *, declared_at: datetime | None = None
) -> Withdrawable | None:
    """Return what a customer can withdraw from now, or could when they declared that they do."""
    hold = await held_by(customer)
    return withdrawable(site, hold, declared_at or clock.now()) if hold else None


def withdrawable(site: Storefront, hold: Hold, now: datetime) -> Withdrawable | None:
    """Tell whether a contract can be withdrawn from: where the law says so, for some days."""
    if site.market == "none" or not hold.is_living or hold.started_at is None:
        return None
    if not may_withdraw(hold.started_at, now):
        return None
    return Withdrawable(hold, last_day_to_withdraw(hold.started_at))


async def withdraw(site: Storefront, customer: str, *, declared_at: datetime | None = None) -> str:
    """Have a contract end now and its money given back, and confirm it by mail; return the change.

    Safe to repeat.

    Raises:
        CannotWithdraw: there is no such contract, or the time for it was over.
    """
    now = clock.now()
    asked_at = declared_at or now
    async with transaction():
        await hold_customer(customer)
        under_way = await change_under_way(customer)
        if under_way and under_way.kind == "withdraw":
            return under_way.id
        # Only now: another withdrawal may have been done while this one waited.
        found = await withdrawable_by(site, customer, declared_at=declared_at)
        if found is None:
            raise CannotWithdraw
        change = await ask_for(
            WITHDRAW_PLAN,
            "withdraw",
            company=site.company_id,
            customer=customer,
            subscription=found.hold.stripe_id,
            params={"refund": site.withdrawal_refund, "at": int(asked_at.timestamp())},
            asked_at=asked_at,
            takes_effect_at=now,
        )
        await owe_change_mail(site.company_id, customer, change, subject=change, after=SOON)
    wake()
    return change


async def _withdraw(op: Claimed) -> Withdrawn:
    gateway = await gateway_of(op.company)
    with only_looked():
        found = await gateway.fetch_subscription(op.params["subscription"])
    # One that has ended meanwhile, or by an earlier try of ours, was paid for all the same.
    if found.status not in OVER:
        await let_go(op, gateway, found)
        await end_now(gateway, found.stripe_id)
    try:
        given = await give_back(op, gateway, found)
    except Refused as refused:
        # The plan has ended by now: what is refused is the money alone.
        log.warning("withdrawal.money_refused op=%s: %s", op.op_id, refused.reason)
        given = Given(0, "", Left.REFUSED)
    return Withdrawn(await seen_after(op), given)


async def _note(op: Claimed, result: Withdrawn) -> None:
    given = result.given
    await write_done(op, result.seen)
    await run_sql(
        "UPDATE plan_change SET amount_today = {}, currency = {}, problem = {} WHERE id = {}",
        *(-given.amount, given.currency, given.problem, op.subject),
    )
    told = {
        "payment.refunded": given.amount,
        "credit.put_back": given.credit,
        "payment.refund_refused": given.problem == Left.REFUSED,
        "invoice.void_refused": given.problem == Left.OPEN,
    }
    for action in (action for action, is_so in told.items() if is_so):
        await _record(op, action)
    if given.problem:
        # By name: what is told of a refund meanwhile may come to stand in its place.
        await owe_seller(withdrawal_of(op), given.problem)
    if given.problem in (Left.REFUSED, Left.OPEN):
        await owe_correction(withdrawal_of(op))
    for refund in given.stuck:
        # Told of like one that Stripe tells of later: see refunds_followed.py.
        await inbox.note(op.company, refund, f"{op.op_id}:{refund}")


async def _not_done(op: Claimed, refused: Refused) -> None:
    """Leave it to the seller, who has to do it all the same, and say so."""
    log.warning("withdrawal.refused op=%s: %s", op.op_id, refused.reason)
    await write_refused(op, refused)
    await _record(op, "subscription.withdraw_refused")
    await owe_seller(withdrawal_of(op))
    await owe_correction(withdrawal_of(op))


async def _record(op: Claimed, action: str) -> None:
    about = op.params["subscription"]
    await record(action, company=op.company, actor="worker", object_id=about)


withdraw_step = Step(call=_withdraw, done=_note, refused=_not_done)

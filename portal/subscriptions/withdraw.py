"""Withdraw from a contract: it ends at once, and what was paid is given back."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal import clock
from portal.audit.record import record
from portal.billing.billed import Payment
from portal.billing.gateway import gateway_of
from portal.billing.stripe_gateway import StripeGateway
from portal.database import run_sql, transaction
from portal.errors import PortalError, Refused
from portal.operations.backoff import key_of
from portal.operations.enqueue import enqueue
from portal.operations.step import Claimed, Step
from portal.operations.wake import wake
from portal.sites.market import last_day_to_withdraw, may_withdraw
from portal.sites.storefront import Storefront
from portal.subscriptions.cancel import MAIL_AFTER, let_go
from portal.subscriptions.change_mail import SEND_CHANGE
from portal.subscriptions.changes import (
    ask_for,
    change_under_way,
    hold_customer,
    seen_after,
    write_done,
    write_refused,
)
from portal.subscriptions.held import held_by
from portal.subscriptions.hold import OVER, Hold
from portal.subscriptions.sync import Look

WITHDRAW_PLAN = "withdraw_plan"
BY_HAND, REFUSED = "by_hand", "refund_refused"

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
    """What came of a withdrawal at Stripe; `problem` says why something is left to be paid back."""

    seen: Look
    amount: int
    currency: str
    problem: str


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
            params={"refund": site.withdrawal_refund, "unused": _unused(found.hold, now)},
            asked_at=declared_at or now,
            takes_effect_at=now,
        )
        await enqueue(
            SEND_CHANGE,
            company=site.company_id,
            lane=None,
            params={"change": change},
            customer=customer,
            after=MAIL_AFTER,
        )
    wake()
    return change


def _unused(hold: Hold, now: datetime) -> tuple[int, int]:
    """Return how many of the seconds paid for are left, and how many they are in all."""
    begins, ends = hold.trial_ends_at or hold.started_at, hold.period_ends_at
    if begins is None or ends is None or ends <= begins:
        return 1, 1
    left = (ends - max(begins, now)).total_seconds()
    return max(0, int(left)), int((ends - begins).total_seconds())


def to_give_back(payment: Payment, params: Mapping[str, Any]) -> int:
    """Work out what of a payment is given back: all, or what is unused, in the payer's favour."""
    if params["refund"] != "unused":
        return payment.amount
    left, whole = (int(seconds) for seconds in params["unused"])
    return min(payment.amount, -(-payment.amount * left // whole))


async def _withdraw(op: Claimed) -> Withdrawn:
    gateway = await gateway_of(op.company)
    found = await gateway.fetch_subscription(op.params["subscription"])
    # One that has ended meanwhile, or by an earlier try of ours, was paid for all the same.
    if found.status not in OVER:
        await let_go(op, gateway, found)
        await gateway.end_subscription(found.stripe_id)
    if op.params["refund"] == BY_HAND:
        return Withdrawn(await seen_after(op), 0, "", BY_HAND)
    amount, problem, payments = 0, "", await gateway.payments_for(found.stripe_id)
    for payment in payments:
        try:
            amount += await _give_back(op, gateway, payment)
        except Refused as refused:
            log.warning("withdrawal.refund_refused op=%s: %s", op.op_id, refused.reason)
            problem = REFUSED
    currency = payments[0].currency if payments else ""
    return Withdrawn(await seen_after(op), amount, currency, problem)


async def _give_back(op: Claimed, gateway: StripeGateway, payment: Payment) -> int:
    """Give one payment back, once: a look comes first, since by the next key it would be twice."""
    before = await gateway.given_back(payment.stripe_id, op.op_id)
    if before.for_operation:
        return before.for_operation
    amount = min(to_give_back(payment, op.params), payment.amount - before.amount)
    if amount > 0:
        key = f"{key_of(op, gateway.account)}:{payment.stripe_id}"
        await gateway.give_back(payment.stripe_id, amount, operation=op.op_id, key=key)
    return max(0, amount)


async def _note(op: Claimed, result: Withdrawn) -> None:
    await write_done(op, result.seen)
    await run_sql(
        "UPDATE plan_change SET amount_today = {}, currency = {}, problem = {} WHERE id = {}",
        *(-result.amount, result.currency, result.problem, op.subject),
    )
    told = {"payment.refunded": result.amount, "payment.refund_refused": result.problem == REFUSED}
    for action in (action for action, is_so in told.items() if is_so):
        about = op.params["subscription"]
        await record(action, company=op.company, actor="worker", object_id=about)


withdraw_step = Step(call=_withdraw, done=_note, refused=write_refused)

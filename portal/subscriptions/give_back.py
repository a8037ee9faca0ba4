"""Give back what was paid for a subscription: payments and credit, each once, however it goes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.billing.billed import BilledSubscription
from portal.billing.billed_money import Credit, Payment
from portal.billing.stripe_gateway import StripeGateway
from portal.errors import Refused
from portal.operations.backoff import key_of
from portal.operations.step import Claimed
from portal.subscriptions.due_back import to_give_back

BY_HAND, REFUSED = "by_hand", "refund_refused"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Given:
    """What was given back, and put back as a credit; `problem` says why something is left to do."""

    amount: int
    currency: str
    problem: str = ""
    credit: int = 0


async def give_back(op: Claimed, gateway: StripeGateway, sold: BilledSubscription) -> Given:
    """Give back what is due of all that was paid for a subscription that has ended."""
    if op.params["refund"] == BY_HAND:
        return Given(0, "", BY_HAND)
    key = key_of(op, gateway.account)
    await gateway.void_open_invoices(sold.stripe_id, key=key)
    invoices = await gateway.paid_invoices(sold.stripe_id, op.op_id)
    credit = Credit(0)
    if sum(invoice.credit_used for invoice in invoices):
        credit = await gateway.credit_of(sold.customer_stripe_id, sold.currency, op.op_id)
    due = to_give_back(invoices, credit.amount, used_until=_used_until(op))
    has_moved = await _move_credit(op, gateway, sold, credit, due.credit_taken)
    if not has_moved:
        # A credit that stays is not paid out as well.
        due = to_give_back(invoices, 0, used_until=_used_until(op))
    amount, is_whole = 0, has_moved and not due.by_hand
    for payment, part in due.refunds:
        given = await _refund(op, gateway, payment, part)
        amount, is_whole = amount + given, is_whole and given == part
    put_back = -due.credit_taken if has_moved and due.credit_taken < 0 else 0
    return Given(amount, sold.currency, "" if is_whole else REFUSED, put_back)


def _used_until(op: Claimed) -> datetime | None:
    """Return until when what was used is kept; None: all is given back."""
    if op.params["refund"] != "unused":
        return None
    # What an earlier release wrote tells no moment.
    return datetime.fromtimestamp(op.params.get("at", op.created_at.timestamp()), UTC)


async def _move_credit(
    op: Claimed, gateway: StripeGateway, sold: BilledSubscription, credit: Credit, taken: int
) -> bool:
    """Take off, or put back, a credit; False when Stripe refuses."""
    if credit.moved or not taken:
        return True
    key = f"{key_of(op, gateway.account)}:credit"
    try:
        await gateway.take_credit(
            sold.customer_stripe_id, taken, sold.currency, operation=op.op_id, key=key
        )
    except Refused as refused:
        log.warning("withdrawal.credit_refused op=%s: %s", op.op_id, refused.reason)
        return False
    return True


async def _refund(op: Claimed, gateway: StripeGateway, payment: Payment, part: int) -> int:
    """Give a part of a payment back; return how much was, 0 when Stripe refuses."""
    if payment.given_back:
        return payment.given_back
    key = f"{key_of(op, gateway.account)}:{payment.stripe_id}"
    try:
        await gateway.give_back(payment.stripe_id, part, operation=op.op_id, key=key)
    except Refused as refused:
        log.warning("withdrawal.refund_refused op=%s: %s", op.op_id, refused.reason)
        return 0
    return part

"""Give back what was paid for a subscription: payments and credit, each once, however it goes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from portal.billing.billed import BilledSubscription
from portal.billing.billed_money import Credit, PaidInvoice, Payment
from portal.billing.stripe_gateway import StripeGateway
from portal.billing.stripe_refunds import CREDIT_STAYS
from portal.errors import Indeterminate, NotBegun, Refused, Unanswered
from portal.operations.backoff import key_of
from portal.operations.keep_lease import extend
from portal.operations.step import Claimed
from portal.subscriptions.due_back import ToGiveBack, to_give_back
from portal.subscriptions.left import Left

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Given:
    """What was given back, and put back as a credit; `problem` says why something is left to do.

    stuck names the refunds (re_…) among it that do not arrive by themselves.
    """

    amount: int
    currency: str
    problem: str = ""
    credit: int = 0
    stuck: tuple[str, ...] = ()


async def give_back(op: Claimed, gateway: StripeGateway, sold: BilledSubscription) -> Given:
    """Give back what is due of all that was paid for a subscription that has ended."""
    if op.params["refund"] == Left.BY_HAND:
        return Given(0, "", Left.BY_HAND)
    key = key_of(op, gateway.account)
    is_void = await gateway.void_open_invoices(sold.stripe_id, key=key)
    invoices = await gateway.paid_invoices(sold.stripe_id, op.op_id)
    due, has_moved = await _settle_credit(op, gateway, sold, invoices)
    marks = {"operation": op.op_id, "portal": op.company, "change": op.subject or ""}
    marks |= {} if has_moved else CREDIT_STAYS
    given = [await _refund(op, gateway, payment, part, marks) for payment, part in due.refunds]
    # More, if the seller gave some of it back by hand since.
    is_whole = all(
        one.given_back >= part for one, (_, part) in zip(given, due.refunds, strict=True)
    )
    is_whole = is_whole and has_moved and not due.by_hand
    return Given(
        sum(one.given_back for one in given),
        sold.currency,
        Left.REFUSED if not is_whole else "" if is_void else Left.OPEN,
        -due.credit_taken if has_moved and due.credit_taken < 0 else 0,
        tuple(stuck for one in given for stuck in one.stuck),
    )


def _used_until(op: Claimed) -> datetime | None:
    """Return until when what was used is kept; None: all is given back."""
    if op.params["refund"] != "unused":
        return None
    # What an earlier release wrote tells no moment.
    return datetime.fromtimestamp(op.params.get("at", op.created_at.timestamp()), UTC)


async def _settle_credit(
    op: Claimed, gateway: StripeGateway, sold: BilledSubscription, invoices: Sequence[PaidInvoice]
) -> tuple[ToGiveBack, bool]:
    """Have the credit moved; return what is due then, and False if it did not move so."""
    until, credit = _used_until(op), Credit(0)
    if sum(invoice.credit_used for invoice in invoices):
        credit = await gateway.credit_of(sold.customer_stripe_id, sold.currency, op.op_id)
    given = [payment for one in invoices for payment in one.payments if payment.given_back]
    if credit.moved or given:
        # The credit goes first, and once: what is spent or given of it since is another matter.
        due = to_give_back(invoices, max(0, credit.moved), used_until=until)
        if credit.moved:
            return due, due.credit_taken == credit.moved
        # It was not moved: there was none, or Stripe refused it, as the refunds say.
        return due, not any(payment.credit_stays for payment in given)
    due = to_give_back(invoices, credit.amount, used_until=until)
    if not due.credit_taken or await _move_credit(op, gateway, sold, due.credit_taken):
        return due, True
    # A credit that stays is not paid out as well.
    return to_give_back(invoices, 0, used_until=until), False


async def _move_credit(
    op: Claimed, gateway: StripeGateway, sold: BilledSubscription, taken: int
) -> bool:
    """Take off, or put back, a credit; False when Stripe refuses."""
    key = f"{key_of(op, gateway.account)}:credit"
    try:
        async with _paying(op):
            await gateway.take_credit(
                sold.customer_stripe_id, taken, sold.currency, operation=op.op_id, key=key
            )
    except Refused as refused:
        log.warning("withdrawal.credit_refused op=%s: %s", op.op_id, refused.reason)
        return False
    return True


@asynccontextmanager
async def _paying(op: Claimed) -> AsyncIterator[None]:
    """Let one call move money, after a look, while nobody else can be at it.

    Whatever fails ends the try: none goes on under a further key before it has looked again.
    """
    # Whoever takes this over does so after a whole lease: by then the call has ended.
    if not await extend(op):
        raise NotBegun("Another worker may have taken this over.")
    try:
        yield
    except Indeterminate as failed:
        if "idempotency" not in str(failed):
            raise
        # A former try sent another sum under this key, and may be under way: its key stays.
        raise Unanswered(str(failed)) from None


async def _refund(
    op: Claimed, gateway: StripeGateway, payment: Payment, part: int, marks: dict[str, str]
) -> Payment:
    """Give a part of a payment back, once, whatever comes of it; return how it is then."""
    if payment.given_back:
        return payment
    paid = payment.stripe_id, payment.amount, op.op_id
    seen = await gateway.payment_now(*paid)
    if seen.given_back:
        return seen
    if seen != payment:
        raise NotBegun("Somebody else has given some of it back: it is worked out anew.")
    key = f"{key_of(op, gateway.account)}:{payment.stripe_id}"
    try:
        async with _paying(op):
            refund = await gateway.give_back(payment.stripe_id, part, marks=marks, key=key)
    except Refused as refused:
        log.warning("withdrawal.refund_refused op=%s: %s", op.op_id, refused.reason)
        # Perhaps because it was given back since.
        return await gateway.payment_now(*paid)
    stuck = (refund.stripe_id,) if refund.is_stuck else ()
    return replace(payment, given_back=part, stuck=stuck)

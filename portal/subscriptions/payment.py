"""Have Stripe take what is due once there is a card: adding one does not pay by itself.

Each is tried once for an invoice (or a pause) and a payment method. A bank's no is not the end of
anything: it is written on our copy, the customer is told, and another card is another try.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.billing import inbox
from portal.billing.billed import CardRefused
from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.errors import Refused
from portal.operations.backoff import key_of
from portal.operations.enqueue import enqueue, is_never_owed, lane_of_customer, never_owe
from portal.operations.step import Claimed, Step
from portal.subscriptions.doubles import is_left

PAY_INVOICE = "pay_invoice"
RESUME_SUBSCRIPTION = "resume_subscription"

PAID = "paid"
RESUMED = "resumed"
DECLINED = "declined"
AUTHENTICATION_REQUIRED = "authentication_required"
NOT_TRIED = "not_tried"

_UNPAID = (DECLINED, AUTHENTICATION_REQUIRED, NOT_TRIED)

_TO_CONFIRM = (
    "authentication_required",
    "invoice_payment_intent_requires_action",
    "payment_intent_action_required",
    "subscription_payment_intent_requires_action",
)

_DUE = """
SELECT subscription.stripe_id, subscription.status, subscription.invoice,
 subscription.invoice_status, subscription.amount_due, subscription.trial_ends_at,
 billing_profile.payment_method
FROM subscription LEFT JOIN billing_profile
 ON billing_profile.customer = subscription.customer
WHERE subscription.customer = {}
 AND (billing_profile.deleted IS NULL OR NOT billing_profile.deleted)
 AND subscription.status IN ('incomplete', 'past_due', 'unpaid', 'paused')
ORDER BY subscription.stripe_id"""

_TAKE_BACK = """
UPDATE operation SET state = 'done' WHERE once = {} AND state = 'ready' AND attempts = 0"""

_RECORD = """
UPDATE subscription SET payment = {} WHERE stripe_id = {} AND customer = {}
 AND (invoice = {} OR {} = '')"""


@dataclass(frozen=True, slots=True)
class _Due:
    """What one payment method may be tried for, once."""

    kind: str
    params: Mapping[str, str]
    once: str


async def follow_up(company: str, customer_id: str) -> None:
    """Owe what a copy just written calls for, in the transaction that wrote it; then `wake()`."""
    lane = lane_of_customer(customer_id)
    for due in await _dues(customer_id):
        if await is_never_owed(due.once):
            invoice = due.params["invoice"]
            subscription = due.params["subscription"]
            await run_sql(_RECORD, NOT_TRIED, subscription, customer_id, invoice, invoice)
            continue
        await enqueue(
            due.kind,
            company=company,
            customer=customer_id,
            lane=lane,
            params=due.params,
            once=due.once,
        )


async def leave_invoices(company: str, customer_id: str, method: str) -> None:
    """Have this method (pm_…) not be tried for invoices that are open, once it is their default.

    Call it in the transaction that owes Stripe the change to it.
    """
    lane = lane_of_customer(customer_id)
    for due in await _dues(customer_id, method):
        if due.kind == PAY_INVOICE:
            await never_owe(
                due.kind, company=company, lane=lane, once=due.once, customer=customer_id
            )


async def leave_due(company: str, customer_id: str) -> None:
    """Have what is their default now not be tried for what is due now; another is another try.

    Call it in the transaction that writes what is due, by an operation of the customer's lane: what
    a look of meanwhile owes of it stands behind that one, and is taken back.
    """
    lane = lane_of_customer(customer_id)
    for due in await _dues(customer_id):
        if due.kind == PAY_INVOICE:
            await run_sql(_TAKE_BACK, due.once)
            await never_owe(
                due.kind, company=company, lane=lane, once=due.once, customer=customer_id
            )
    await follow_up(company, customer_id)


async def _dues(customer_id: str, method: str = "") -> list[_Due]:
    """Tell what this method could be tried for; without one, what their default could be."""
    dues = []
    for row in await run_sql(_DUE, customer_id):
        by, subscription = method or row["payment_method"], row["stripe_id"]
        params = {"subscription": subscription, "payment_method": by}
        if not by:
            continue
        if row["invoice_status"] == "open" and row["amount_due"] > 0:
            once = f"pay:{row['invoice']}:{by}"
            dues.append(_Due(PAY_INVOICE, params | {"invoice": row["invoice"]}, once))
        elif row["status"] == "paused":
            # A subscription can be paused again by another trial's end.
            since = row["trial_ends_at"]
            once = f"resume:{subscription}:{by}:{int(since.timestamp()) if since else 0}"
            dues.append(_Due(RESUME_SUBSCRIPTION, params, once))
    return dues


async def _pay(op: Claimed) -> str:
    gateway = await gateway_of(op.company)
    if await is_left(op.company, op.customer, op.params["subscription"]):
        return NOT_TRIED
    try:
        await gateway.pay_invoice(
            op.params["invoice"], op.params["payment_method"], key=key_of(op, gateway.account)
        )
    except CardRefused as refused:
        return outcome_of(refused)
    return PAID


async def _is_paid(op: Claimed) -> str | None:
    gateway = await gateway_of(op.company)
    invoice = await gateway.fetch_invoice(op.params["invoice"])
    return PAID if invoice.status == "paid" else None


async def _resume(op: Claimed) -> str:
    gateway = await gateway_of(op.company)
    if await is_left(op.company, op.customer, op.params["subscription"]):
        return NOT_TRIED
    try:
        await gateway.resume_subscription(
            op.params["subscription"], key=key_of(op, gateway.account)
        )
    except CardRefused as refused:
        return outcome_of(refused)
    return RESUMED


async def _is_resumed(op: Claimed) -> str | None:
    gateway = await gateway_of(op.company)
    found = await gateway.fetch_subscription(op.params["subscription"])
    is_under_way = found.invoice is not None and found.invoice.status == "open"
    return RESUMED if found.status != "paused" or is_under_way else None


def outcome_of(refused: Refused) -> str:
    """Tell a payment that the bank wants confirmed from one that it declined."""
    return AUTHENTICATION_REQUIRED if refused.reason in _TO_CONFIRM else DECLINED


async def _record(op: Claimed, outcome: Any) -> None:
    """Write the outcome on our copy, and have Stripe asked how things stand now."""
    payment = outcome if outcome in _UNPAID else ""
    subscription, invoice = op.params["subscription"], op.params.get("invoice", "")
    await run_sql(_RECORD, payment, subscription, op.customer, invoice, invoice)
    await inbox.note(op.company, subscription, f"{op.op_id}:{op.generation}")


async def _look_again(op: Claimed, refused: Refused) -> None:
    """Give up what cannot be paid (any more): paid elsewhere, voided, or the card is gone."""
    await inbox.note(op.company, op.params["subscription"], f"{op.op_id}:{op.generation}")


pay_invoice = Step(call=_pay, done=_record, find=_is_paid, refused=_look_again)
resume_subscription = Step(call=_resume, done=_record, find=_is_resumed, refused=_look_again)

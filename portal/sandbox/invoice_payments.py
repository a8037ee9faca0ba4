"""What an invoice shows of its payment: the payment itself, and the secret to confirm it."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.rows import Row
from portal.sandbox.views import include, list_of


@include("invoice", "payments")
def invoice_payments(account: Account, invoice: Row) -> Row:
    """Give `invoice.payments`: the one default payment, once the invoice is finalized."""
    url = f"/v1/invoice_payments?invoice={invoice['id']}"
    return list_of(payments_of(account, invoice), url)


def payments_of(account: Account, invoice: Row) -> list[Row]:
    """Give an invoice's payments: one for its payment intent, if it has come to that."""
    intent = account.get("payment_intent", invoice.get("_payment_intent"))
    if intent is None:
        return []
    statuses = {"succeeded": "paid", "canceled": "canceled"}
    payment: Row = {
        "id": "inpay_" + intent["id"].removeprefix("pi_"),
        "object": "invoice_payment",
        "amount_paid": intent["amount_received"] or None,
        "amount_requested": intent["amount"],
        "created": intent["created"],
        "currency": intent["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
        "status": statuses.get(intent["status"], "open"),
        "status_transitions": {
            "canceled_at": intent["canceled_at"],
            "paid_at": invoice["status_transitions"]["paid_at"],
        },
    }
    return [payment]


@include("invoice", "confirmation_secret")
def invoice_confirmation_secret(account: Account, invoice: Row) -> Row | None:
    """Give `invoice.confirmation_secret`."""
    intent = account.get("payment_intent", invoice.get("_payment_intent"))
    if intent is None:
        return None
    return {"client_secret": intent["client_secret"], "type": "payment_intent"}

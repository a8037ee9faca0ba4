"""Charge a card for an invoice: payment intent, charge, and their events."""

from __future__ import annotations

from typing import Literal

from portal.sandbox.account import Account, Row, new_id
from portal.sandbox.cards import card_message
from portal.sandbox.changes import revising
from portal.sandbox.events import emit
from portal.sandbox.new_cards import card_of
from portal.sandbox.views import include, list_of, shown

Outcome = Literal["succeeded", "declined", "requires_action"]


def open_payment(account: Account, invoice: Row) -> None:
    """Make the payment intent of an invoice that has become due."""
    intent = account.add(_new_intent(account, invoice))
    account.edit("invoice", invoice["id"])["_payment_intent"] = intent["id"]
    emit(account, "payment_intent.created", intent)


_DESCRIPTIONS = {
    "subscription_create": "Subscription creation",
    "subscription_update": "Subscription update",
}


def _new_intent(account: Account, invoice: Row) -> Row:
    id = new_id("pi")
    return {
        "id": id,
        "object": "payment_intent",
        "amount": invoice["amount_remaining"],
        "amount_capturable": 0,
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "client_secret": f"{id}_secret_{new_id('', 25)[1:]}",
        "confirmation_method": "automatic",
        "created": account.now(),
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "customer_account": None,
        "description": _DESCRIPTIONS.get(invoice["billing_reason"], "Payment for Invoice"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": "off_session",
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
        "_invoice": invoice["id"],
    }


def charge(account: Account, invoice: Row, method: Row, *, authenticated: bool) -> Outcome:
    """Try to take the money from a card; the bank may decline, or want to ask the person first."""
    card = card_of(method)
    intent = account.edit("payment_intent", invoice["_payment_intent"])
    intent["payment_method"] = method["id"]
    if not authenticated and _bank_asks(method):
        _refuse(account, intent, method, ("authentication_required", "authentication_required"))
        intent["status"] = "requires_action"
        intent["next_action"] = {
            "redirect_to_url": {"return_url": None, "url": invoice["hosted_invoice_url"]},
            "type": "redirect_to_url",
        }
        emit(account, "payment_intent.requires_action", intent)
        return "requires_action"
    declined = card.declined or card.refused
    if declined:
        _add_charge(account, intent, method, declined)
        _refuse(account, intent, method, declined)
        emit(account, "payment_intent.payment_failed", intent)
        return "declined"
    _take(account, intent, method)
    return "succeeded"


def _bank_asks(method: Row) -> bool:
    when = card_of(method).authentication
    return when == "always" or (when == "setup" and not method["_is_set_up"])


def _refuse(account: Account, intent: Row, method: Row, why: tuple[str, str | None]) -> None:
    code, decline_code = why
    intent["status"] = "requires_payment_method"
    intent["next_action"] = None
    intent["last_payment_error"] = {
        "code": code,
        "decline_code": decline_code,
        "doc_url": f"https://docs.stripe.com/error-codes#{code.replace('_', '-')}",
        "message": card_message(code, decline_code),
        "payment_method": shown(account, method),
        "type": "card_error",
    }


def _take(account: Account, intent: Row, method: Row) -> None:
    paid = _add_charge(account, intent, method, None)
    intent["status"] = "succeeded"
    intent["amount_received"] = intent["amount"]
    intent["last_payment_error"] = intent["next_action"] = None
    intent["latest_charge"] = paid["id"]
    emit(account, "payment_intent.succeeded", intent)


def _add_charge(
    account: Account, intent: Row, method: Row, declined: tuple[str, str | None] | None
) -> Row:
    row = account.add(_new_charge(account, intent, method))
    intent["latest_charge"] = row["id"]
    if declined:
        code, decline_code = declined
        row |= {"status": "failed", "paid": False, "captured": False, "amount_captured": 0}
        row["failure_code"] = code
        row["failure_message"] = card_message(code, decline_code)
    emit(account, "charge.failed" if declined else "charge.succeeded", row)
    return row


def _new_charge(account: Account, intent: Row, method: Row) -> Row:
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SANDBOX",
        "captured": True,
        "created": account.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": None,
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": None,
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def cancel_payment(account: Account, invoice: Row) -> None:
    """Cancel the payment intent of an invoice nobody has to pay any more."""
    if invoice["_payment_intent"] is None:
        return
    with revising(
        account, "payment_intent", invoice["_payment_intent"], "payment_intent.canceled"
    ) as intent:
        intent["status"] = "canceled"
        intent["canceled_at"] = account.now()
        intent["cancellation_reason"] = "void_invoice"


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

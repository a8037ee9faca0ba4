"""Charge a card, for an invoice or by itself: payment intent, charge, and their events."""

from __future__ import annotations

from typing import Literal

from portal.sandbox.account import Account
from portal.sandbox.cards import card_message
from portal.sandbox.changes import revising
from portal.sandbox.charge_rows import new_charge, new_intent
from portal.sandbox.events import emit
from portal.sandbox.new_cards import card_of
from portal.sandbox.rows import Row
from portal.sandbox.views import shown

Outcome = Literal["succeeded", "declined", "requires_action"]


def open_payment(account: Account, invoice: Row) -> None:
    """Make the payment intent of an invoice that has become due."""
    intent = account.add(new_intent(account, invoice))
    account.edit("invoice", invoice["id"])["_payment_intent"] = intent["id"]
    emit(account, "payment_intent.created", intent)


def charge(account: Account, invoice: Row, method: Row, *, authenticated: bool) -> Outcome:
    """Try to take an invoice's money from a card."""
    intent = account.edit("payment_intent", invoice["_payment_intent"])
    url = invoice["hosted_invoice_url"]
    return take_payment(account, intent, method, asks_at=url, authenticated=authenticated)


def take_payment(
    account: Account, intent: Row, method: Row, *, asks_at: str, authenticated: bool = False
) -> Outcome:
    """Try to take, or to hold, a payment intent's money; the bank may decline or want to ask.

    `asks_at`: the page where the person answers the bank.
    """
    card = card_of(method)
    intent["payment_method"] = method["id"]
    if not authenticated and _bank_asks(method):
        _refuse(account, intent, method, ("authentication_required", "authentication_required"))
        intent["status"] = "requires_action"
        intent["next_action"] = {
            "redirect_to_url": {"return_url": None, "url": asks_at},
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
    intent["last_payment_error"] = intent["next_action"] = None
    intent["latest_charge"] = paid["id"]
    if not paid["captured"]:
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        emit(account, "payment_intent.amount_capturable_updated", intent)
        return
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    emit(account, "payment_intent.succeeded", intent)


def _add_charge(
    account: Account, intent: Row, method: Row, declined: tuple[str, str | None] | None
) -> Row:
    row = account.add(new_charge(account, intent, method))
    intent["latest_charge"] = row["id"]
    if declined:
        code, decline_code = declined
        row |= {"status": "failed", "paid": False, "captured": False, "amount_captured": 0}
        row["failure_code"] = code
        row["failure_message"] = card_message(code, decline_code)
    emit(account, "charge.failed" if declined else "charge.succeeded", row)
    return row


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

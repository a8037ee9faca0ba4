"""Payments that no invoice asks for: made, confirmed, held, captured and canceled."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata, revising, take
from portal.sandbox.charge_rows import plain_intent
from portal.sandbox.charging import take_payment
from portal.sandbox.errors import StripeError, card_error, invalid, missing, refused
from portal.sandbox.events import emit
from portal.sandbox.lookup import living_customer
from portal.sandbox.operations import Call, operation
from portal.sandbox.payment_methods import attach, find_method
from portal.sandbox.price_amounts import read_currency
from portal.sandbox.rows import Row
from portal.sandbox.views import shown

_UNEXPECTED = "payment_intent_unexpected_state"
_PLAIN = ("capture_method", "description", "receipt_email", "setup_future_usage")
_KNOWN = {"amount", "currency", "customer", "payment_method", "confirm", "metadata", "expand"} | {
    "automatic_payment_methods", "payment_method_types", "off_session", "return_url", *_PLAIN
}  # fmt: skip


@operation("POST", "/v1/payment_intents", "PaymentIntentCreateParams")
def create_payment_intent(call: Call) -> Row:
    """Ask for a payment, and confirm it if asked."""
    call.only(_KNOWN)
    account, params = call.account, call.params
    for name in ("amount", "currency"):
        if name not in params:
            raise missing(name)
    if params["amount"] < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    row = plain_intent(account, params["amount"], read_currency(params["currency"], "currency"))
    if params.get("customer"):
        customer = living_customer(account, params["customer"], "customer")
        account.follow(customer)
        row["customer"] = customer["id"]
    take(row, {name: params[name] for name in _PLAIN if name in params}, *_PLAIN)
    row["metadata"] = new_metadata(params)
    account.add(row)
    emit(account, "payment_intent.created", row)
    if params.get("payment_method"):
        row["payment_method"] = _method(account, row, params["payment_method"])["id"]
        row["status"] = "requires_confirmation"
    if params.get("confirm"):
        confirm_directly(account, row["id"], {})
    return shown(account, row)


def confirm_directly(account: Account, id: str, params: dict[str, Any]) -> Row:
    """Take or hold the money of a payment that no invoice asks for.

    Raises:
        StripeError: 402, declined; the try stays written down.
    """
    row = account.edit("payment_intent", id)
    given = params.get("payment_method") or row["payment_method"]
    if not given:
        raise refused(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            "payment_method",
            _UNEXPECTED,
        )
    method = _method(account, row, given)
    asks_at = f"{account.public_url}/p/authenticate"
    outcome = take_payment(account, row, method, asks_at=asks_at)
    if outcome == "declined":
        raise _declined(row)
    if outcome == "succeeded":
        _keep(account, row, method)
    return row


def _method(account: Account, row: Row, given: str) -> Row:
    method = find_method(account, given, "payment_method")
    if method["customer"] not in (None, row["customer"]):
        raise refused("The payment method belongs to another customer.", "payment_method")
    return method


def _declined(row: Row) -> StripeError:
    problem = row["last_payment_error"]
    refusal = card_error(problem["message"], problem["code"], problem["decline_code"])
    refusal.stays = True
    return refusal


def _keep(account: Account, row: Row, method: Row) -> None:
    """Keep the card for the customer if that was asked for; else it was good for once."""
    if method["customer"]:
        return
    if row["customer"] and row["setup_future_usage"]:
        attach(account, method, account.kind("customer")[row["customer"]])
        return
    account.edit("payment_method", method["id"])["_is_spent"] = True


@operation("POST", "/v1/payment_intents/{id}/capture", "PaymentIntentCaptureParams")
def capture_payment_intent(call: Call) -> Row:
    """Take money that is held, or a part of it; what is left is let go."""
    call.only({"amount_to_capture", "expand", "metadata"})
    account, params = call.account, call.params
    held = call.row("payment_intent", "payment_intent")
    if held["status"] != "requires_capture":
        raise _not_now(held, "captured")
    row = account.edit("payment_intent", held["id"])
    most: int = row["amount_capturable"]
    amount: int = params.get("amount_to_capture", most)
    if not 1 <= amount <= most:
        raise invalid(f"The amount to capture is between 1 and {most}.", "amount_to_capture")
    take(row, params)
    row |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
    with revising(account, "charge", row["latest_charge"], "charge.captured") as charge:
        charge |= {"captured": True, "amount_captured": amount}
    emit(account, "payment_intent.succeeded", row)
    return shown(account, row)


@operation("POST", "/v1/payment_intents/{id}/cancel", "PaymentIntentCancelParams")
def cancel_payment_intent(call: Call) -> Row:
    """Give a payment up that is not done; money that is held is let go."""
    call.only({"cancellation_reason", "expand"})
    account = call.account
    row = call.row("payment_intent", "payment_intent")
    if row["_invoice"] is not None or row["status"] in ("succeeded", "canceled"):
        raise _not_now(row, "canceled")
    if row["status"] == "requires_capture":
        with revising(account, "charge", row["latest_charge"], "charge.refunded") as charge:
            charge |= {"refunded": True, "amount_refunded": charge["amount"]}
    with revising(account, "payment_intent", row["id"], "payment_intent.canceled") as changed:
        changed |= {"status": "canceled", "canceled_at": account.now(), "amount_capturable": 0}
        changed["cancellation_reason"] = call.params.get("cancellation_reason")
    return shown(account, changed)


def _not_now(row: Row, done: str) -> StripeError:
    return refused(
        f"This PaymentIntent could not be {done} because it has a status of {row['status']}.",
        code=_UNEXPECTED,
    )

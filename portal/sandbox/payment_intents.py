"""Payment intents and charges: read, and confirmed."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.collecting import collect, payment_refusal
from portal.sandbox.direct_payments import confirm_directly
from portal.sandbox.errors import refused
from portal.sandbox.listing import listed, matching
from portal.sandbox.operations import Call, operation
from portal.sandbox.payment_methods import find_method
from portal.sandbox.rows import Row
from portal.sandbox.views import shown

_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


@operation("GET", "/v1/payment_intents/{id}", "PaymentIntentRetrieveParams")
def retrieve_payment_intent(call: Call) -> Row:
    """Give a payment intent."""
    return shown(call.account, call.row("payment_intent", "payment_intent"))


@operation("POST", "/v1/payment_intents/{id}/confirm", "PaymentIntentConfirmParams")
def confirm_payment_intent(call: Call) -> Row:
    """Try to pay by a payment intent: its invoice's, or its own.

    Raises:
        StripeError: 402, declined; the try stays written down.
    """
    call.only({"payment_method", "off_session", "return_url", "expand"})
    account, params = call.account, call.params
    intent = call.row("payment_intent", "payment_intent")
    if intent["status"] not in _OPEN:
        raise refused(
            f"You cannot confirm this PaymentIntent because it has already {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    if intent["_invoice"] is None:
        return shown(account, confirm_directly(account, intent["id"], params))
    invoice = account.kind("invoice")[intent["_invoice"]]
    account.follow(invoice)
    if intent["status"] == "requires_payment_method" or "payment_method" in params:
        method = _method(account, intent, params.get("payment_method"))
        if collect(account, invoice, method) == "declined":
            raise payment_refusal(account, invoice)
    return shown(account, intent)


def _method(account: Account, intent: Row, given: str | None) -> Row:
    if not given and not intent["payment_method"]:
        raise refused(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            "payment_method",
            "payment_intent_unexpected_state",
        )
    method = find_method(account, given or intent["payment_method"], "payment_method")
    if method["customer"] not in (None, intent["customer"]):
        raise refused("The payment method belongs to another customer.", "payment_method")
    return method


@operation("GET", "/v1/payment_intents", "PaymentIntentListParams")
def list_payment_intents(call: Call) -> Row:
    """List payment intents."""
    found = matching(call.account.kind("payment_intent").values(), call.params, "customer")
    return listed(call, found, "payment_intent", {"customer"})


@operation("GET", "/v1/charges/{id}", "ChargeRetrieveParams")
def retrieve_charge(call: Call) -> Row:
    """Give a charge."""
    return shown(call.account, call.row("charge", "charge"))


@operation("GET", "/v1/charges", "ChargeListParams")
def list_charges(call: Call) -> Row:
    """List charges."""
    rows = call.account.kind("charge").values()
    return listed(
        call, matching(rows, call.params, "customer", "payment_intent"), "charge",
        {"customer", "payment_intent"},
    )  # fmt: skip

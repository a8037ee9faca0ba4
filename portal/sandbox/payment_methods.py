"""Payment methods: cards, kept for a customer."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.cards import TOKENS, card_message
from portal.sandbox.changes import new_metadata, revising, take
from portal.sandbox.errors import card_error, missing, no_such, refused, unsupported
from portal.sandbox.events import emit
from portal.sandbox.listing import listed
from portal.sandbox.lookup import living_customer, of_customer
from portal.sandbox.new_cards import card_of, new_card
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row
from portal.sandbox.views import shown


@operation("POST", "/v1/payment_methods", "PaymentMethodCreateParams")
def create_payment_method(call: Call) -> Row:
    """Create a card from a number or a `tok_…`."""
    call.only({"type", "card", "billing_details", "metadata", "allow_redisplay", "expand"})
    params = call.params
    if params.get("type") != "card":
        raise unsupported("type") if "type" in params else missing("type")
    if "card" not in params:
        raise missing("card")
    row = new_card(call.account, _card_given(params["card"]), params.get("billing_details"))
    row["metadata"] = new_metadata(params)
    return shown(call.account, row)


def _card_given(given: dict[str, Any]) -> dict[str, Any]:
    if token := given.get("token"):
        number = TOKENS.get(token.removeprefix("tok_"))
        if number is None:
            raise no_such("token", token, "card[token]")
        return {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            raise missing(f"card[{name}]")
    return given


def find_method(account: Account, id: str, param: str, *, in_path: bool = False) -> Row:
    """Find a payment method; `pm_card_visa` and its like make a new one each time."""
    if id.startswith("pm_card_"):
        number = TOKENS.get(id.removeprefix("pm_card_"))
        if number:
            return new_card(
                account, {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
            )
    row = account.get("payment_method", id)
    if row is None:
        raise no_such("PaymentMethod", id, param, in_path=in_path)
    return row


def attach(account: Account, method: Row, customer: Row, *, authenticated: bool = False) -> Row:
    """Attach a card to a customer.

    Raises:
        StripeError: 402, the bank refuses this card.
    """
    if method["customer"] == customer["id"]:
        return method
    if method["customer"] is not None:
        raise refused(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    if method.get("_is_spent"):
        raise refused(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer"
            " attachment. It may not be used again. To use a PaymentMethod multiple times, you must"
            " attach it to a Customer first."
        )
    card = card_of(method)
    if card.refused:
        code, decline_code = card.refused
        raise card_error(card_message(code, decline_code), code, decline_code)
    row = account.edit("payment_method", method["id"])
    row["customer"] = customer["id"]
    row["_is_set_up"] = authenticated or card.authentication == "never"
    emit(account, "payment_method.attached", row)
    return row


@operation("POST", "/v1/payment_methods/{id}/attach", "PaymentMethodAttachParams")
def attach_payment_method(call: Call) -> Row:
    """Attach a card to a customer."""
    call.only({"customer", "expand"})
    if "customer" not in call.params:
        raise missing("customer")
    customer = living_customer(call.account, call.params["customer"], "customer")
    call.account.follow(customer)
    method = find_method(call.account, call.ids["id"], "id", in_path=True)
    return shown(call.account, attach(call.account, method, customer))


@operation("POST", "/v1/payment_methods/{id}/detach", "PaymentMethodDetachParams")
def detach_payment_method(call: Call) -> Row:
    """Take a card away from its customer."""
    row = call.row("payment_method", "PaymentMethod")
    return shown(call.account, detach(call.account, row))


def detach(account: Account, method: Row) -> Row:
    """Take a card away from its customer, who no longer has it as default anywhere."""
    holder = method["customer"]
    if holder is None:
        raise refused(
            "The payment method you provided is not attached to a customer so detachment is"
            " impossible."
        )
    for subscription in of_customer(account, "subscription", holder):
        if subscription["default_payment_method"] == method["id"]:
            account.edit("subscription", subscription["id"])["default_payment_method"] = None
    with revising(account, "payment_method", method["id"], "payment_method.detached") as row:
        row["customer"] = None
    if (
        account.kind("customer")[holder]["invoice_settings"]["default_payment_method"]
        == method["id"]
    ):
        with revising(account, "customer", holder, "customer.updated") as customer:
            customer["invoice_settings"]["default_payment_method"] = None
    return row


@operation("GET", "/v1/payment_methods/{id}", "PaymentMethodRetrieveParams")
def retrieve_payment_method(call: Call) -> Row:
    """Give a payment method."""
    row = find_method(call.account, call.ids["id"], "payment_method", in_path=True)
    return shown(call.account, row)


@operation("POST", "/v1/payment_methods/{id}", "PaymentMethodUpdateParams")
def update_payment_method(call: Call) -> Row:
    """Change a payment method's metadata and billing details."""
    call.only({"metadata", "billing_details", "allow_redisplay", "expand"})
    call.row("payment_method", "PaymentMethod")
    with revising(call.account, "payment_method", call.ids["id"], "payment_method.updated") as row:
        take(row, call.params, "allow_redisplay")
        for name, value in (call.params.get("billing_details") or {}).items():
            if name == "address":
                row["billing_details"]["address"] |= value or {}
            else:
                row["billing_details"][name] = value
    return shown(call.account, row)


@operation("GET", "/v1/payment_methods", "PaymentMethodListParams")
def list_payment_methods(call: Call) -> Row:
    """List a customer's payment methods."""
    if "customer" not in call.params:
        raise missing("customer")
    customer = living_customer(call.account, call.params["customer"], "customer")
    return _listed(call, customer["id"], {"customer", "type"})


@operation("GET", "/v1/customers/{customer}/payment_methods", "CustomerPaymentMethodListParams")
def list_customer_payment_methods(call: Call) -> Row:
    """List a customer's payment methods, by the customer's address."""
    customer = living_customer(call.account, call.ids["customer"], "customer", in_path=True)
    return _listed(call, customer["id"], {"type"})


@operation(
    "GET", "/v1/customers/{customer}/payment_methods/{id}", "CustomerPaymentMethodRetrieveParams"
)
def retrieve_customer_payment_method(call: Call) -> Row:
    """Give one of a customer's payment methods, by the customer's address."""
    customer = living_customer(call.account, call.ids["customer"], "customer", in_path=True)
    row = call.row("payment_method", "PaymentMethod")
    if row["customer"] != customer["id"]:
        raise no_such("PaymentMethod", row["id"], "id", in_path=True)
    return shown(call.account, row)


def _listed(call: Call, customer: str, known: set[str]) -> Row:
    found = of_customer(call.account, "payment_method", customer)
    wanted = call.params.get("type", "card")
    return listed(call, found if wanted == "card" else [], "payment_method", known)

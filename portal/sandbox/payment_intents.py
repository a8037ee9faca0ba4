"""Payment intents and charges, to be read."""

from __future__ import annotations

from portal.sandbox.account import Row
from portal.sandbox.listing import listed, matching
from portal.sandbox.operations import Call, operation
from portal.sandbox.views import shown


@operation("GET", "/v1/payment_intents/{id}", "PaymentIntentRetrieveParams")
def retrieve_payment_intent(call: Call) -> Row:
    """Give a payment intent."""
    return shown(call.account, call.row("payment_intent", "payment_intent"))


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

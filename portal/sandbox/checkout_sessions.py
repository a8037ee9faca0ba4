"""Checkout sessions: a hosted page on which a person subscribes, or leaves a card."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata, revising, take
from portal.sandbox.checkout_rows import KIND, expire, new_session
from portal.sandbox.checkout_selling import plan_subscription
from portal.sandbox.errors import invalid, missing, refused, unsupported
from portal.sandbox.listing import PAGING, listed, matching, page_of
from portal.sandbox.lookup import living_customer
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row
from portal.sandbox.setup_intents import new_setup_intent
from portal.sandbox.views import include, list_of, shown

_KNOWN = frozenset(
    {"automatic_tax", "billing_address_collection", "cancel_url", "client_reference_id"}
    | {"currency", "customer", "customer_email", "discounts", "expand", "expires_at"}
    | {"line_items", "locale", "metadata", "mode", "payment_method_collection"}
    | {
        "allowed_payment_method_types",
        "setup_intent_data",
        "subscription_data",
        "success_url",
        "ui_mode",
    }
)


@operation("POST", "/v1/checkout/sessions", "checkout.SessionCreateParams")
def create_checkout_session(call: Call) -> Row:
    """Open a page for one person; its address is a bearer secret."""
    call.only(_KNOWN)
    account, params = call.account, call.params
    _check(params)
    if "customer" in params:
        account.follow(living_customer(account, params["customer"], "customer"))
    row = new_session(account, params)
    if params["mode"] == "setup":
        _plan_setup(account, row, params)
    else:
        plan_subscription(account, row, params)
    return shown(account, row)


def _check(params: dict[str, Any]) -> None:
    if "mode" not in params:
        raise missing("mode")
    if params["mode"] == "payment":
        raise unsupported("mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise unsupported("ui_mode")
    if "success_url" not in params:
        raise missing("success_url")
    if params.get("billing_address_collection") == "required":
        raise unsupported("billing_address_collection")
    if params.get("allowed_payment_method_types", ["card"]) != ["card"]:
        raise unsupported("allowed_payment_method_types")
    if "customer" in params and "customer_email" in params:
        raise invalid(
            "You may only specify one of these parameters: customer, customer_email.",
            "customer",
            "parameters_exclusive",
        )
    other = "subscription_data" if params["mode"] == "setup" else "setup_intent_data"
    wrong = {other, "line_items", "discounts"} if params["mode"] == "setup" else {other}
    for name in sorted(wrong & params.keys()):
        raise invalid(f"You can not pass `{name}` in `{params['mode']}` mode.", name)


def _plan_setup(account: Account, row: Row, params: dict[str, Any]) -> None:
    given = params.get("setup_intent_data") or {}
    intent = new_setup_intent(account, params.get("customer"))
    take(intent, given, "description")
    intent["metadata"] = new_metadata(given)
    row["setup_intent"] = intent["id"]
    row["currency"] = params.get("currency")


@include(KIND, "line_items")
def session_lines(account: Account, row: Row) -> Row:
    """Give what a session sells."""
    data = [_shown_line(account, line) for line in row.get("_lines", [])]
    return list_of(data, f"/v1/checkout/sessions/{row['id']}/line_items")


def _shown_line(account: Account, line: Row) -> Row:
    return {**line, "price": shown(account, account.kind("price")[line["price"]])}


@operation("GET", "/v1/checkout/sessions/{id}", "checkout.SessionRetrieveParams")
def retrieve_checkout_session(call: Call) -> Row:
    """Give a session."""
    return shown(call.account, call.row(KIND, "checkout.session"))


@operation("GET", "/v1/checkout/sessions/{id}/line_items", "checkout.SessionLineItemListParams")
def list_checkout_lines(call: Call) -> Row:
    """List what a session sells, in its order."""
    call.only(PAGING)
    row = call.row(KIND, "checkout.session")
    page, has_more = page_of(row["_lines"], call.params, "item")
    return list_of([_shown_line(call.account, line) for line in page], call.path, has_more=has_more)


@operation("GET", "/v1/checkout/sessions", "checkout.SessionListParams")
def list_checkout_sessions(call: Call) -> Row:
    """List sessions."""
    fields = ("customer", "payment_intent", "status", "subscription")
    found = matching(call.account.kind(KIND).values(), call.params, *fields)
    if email := (call.params.get("customer_details") or {}).get("email"):
        found = [row for row in found if (row["customer_details"] or {}).get("email") == email]
    return listed(call, found, "checkout.session", {*fields, "customer_details"})


@operation("POST", "/v1/checkout/sessions/{id}", "checkout.SessionUpdateParams")
def update_checkout_session(call: Call) -> Row:
    """Change a session's metadata."""
    call.only({"expand", "metadata"})
    row = call.row(KIND, "checkout.session")
    with revising(call.account, KIND, row["id"], None) as changed:
        take(changed, call.params)
    return shown(call.account, changed)


@operation("POST", "/v1/checkout/sessions/{id}/expire", "checkout.SessionExpireParams")
def expire_checkout_session(call: Call) -> Row:
    """End a session: its page is closed."""
    row = call.row(KIND, "checkout.session")
    if row["status"] != "open":
        raise refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout'
            f" Session has a status of {row['status']}."
        )
    return shown(call.account, expire(call.account, row))

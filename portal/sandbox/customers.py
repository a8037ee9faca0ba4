"""Customers."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.balance_transactions import keep_transaction
from portal.sandbox.changes import merged_metadata, new_metadata, revising
from portal.sandbox.customer_details import PLAIN, write_details
from portal.sandbox.ending import end_subscription, stop_collecting
from portal.sandbox.errors import no_such
from portal.sandbox.events import emit
from portal.sandbox.listing import listed, matching
from portal.sandbox.lookup import living_customer, of_customer
from portal.sandbox.operations import Call, operation
from portal.sandbox.payment_methods import attach, find_method
from portal.sandbox.rows import Row, new_id
from portal.sandbox.tax_ids import add_tax_id
from portal.sandbox.tax_location import require_location
from portal.sandbox.views import shown

_KNOWN = frozenset(
    {*PLAIN, "address", "shipping", "metadata", "preferred_locales", "invoice_prefix"}
    | {"cash_balance", "invoice_settings", "tax", "expand", "validate"}
)


@operation("POST", "/v1/customers", "CustomerCreateParams")
def create_customer(call: Call) -> Row:
    """Create a customer, with tax ids, a payment method and a test clock if given."""
    call.only(_KNOWN | {"tax_id_data", "payment_method", "test_clock"})
    account, params = call.account, call.params
    if clock := params.get("test_clock"):
        if account.get("test_helpers.test_clock", clock) is None:
            raise no_such("test_clock", clock, "test_clock")
        account.follow({"test_clock": clock})
    row = account.add(_new_customer(account, params))
    write_details(account, row, _with_method(account, row, params))
    emit(account, "customer.created", row)
    _note_balance(account, row, 0, "initial")
    _bring_tax_ids(account, row, params.get("tax_id_data") or [])
    return shown(account, row)


def _new_customer(account: Account, params: dict[str, Any]) -> Row:
    return {
        "id": new_id("cus", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": account.now(),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": None,
        "invoice_prefix": new_id("", 8)[1:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": new_metadata(params),
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": params.get("test_clock"),
        "_ip_address": None,
        "_reconciliation": "merchant_default",
    }


def _note_balance(account: Account, row: Row, before: int, type: str) -> None:
    """Keep why a balance changed that was written over; it is in the customer's currency."""
    if row["balance"] != before:
        currency = row["currency"] or "usd"
        keep_transaction(account, row, row["balance"] - before, type, currency)


def _with_method(account: Account, row: Row, params: dict[str, Any]) -> dict[str, Any]:
    """Attach the payment method given; it may be named as the default in the same breath."""
    given = params.get("payment_method")
    if not given:
        return params
    method = attach(account, find_method(account, given, "payment_method"), row)
    settings = params.get("invoice_settings") or {}
    if settings.get("default_payment_method") != given:
        return params
    return {**params, "invoice_settings": {**settings, "default_payment_method": method["id"]}}


def _bring_tax_ids(account: Account, row: Row, given: list[Row]) -> None:
    for position, each in enumerate(given):
        add_tax_id(account, row, each, f"tax_id_data[{position}]")


@operation("GET", "/v1/customers/{id}", "CustomerRetrieveParams")
def retrieve_customer(call: Call) -> Row:
    """Give a customer; of a deleted one, that it is deleted."""
    return shown(call.account, call.row("customer", "customer"))


@operation("POST", "/v1/customers/{id}", "CustomerUpdateParams")
def update_customer(call: Call) -> Row:
    """Change a customer."""
    call.only(_KNOWN)
    row = living_customer(call.account, call.ids["id"], "id", in_path=True)
    return shown(call.account, change_customer(call.account, row, call.params))


def change_customer(account: Account, row: Row, params: dict[str, Any]) -> Row:
    """Write new details to a customer and tell of it, as the API and the hosted pages do."""
    account.follow(row)
    before = row["balance"]
    with revising(account, "customer", row["id"], "customer.updated") as changed:
        if "metadata" in params:
            changed["metadata"] = merged_metadata(changed["metadata"], params["metadata"])
        write_details(account, changed, {**params, "metadata": {}})
        _check_taxed(account, changed, params)
    _note_balance(account, changed, before, "adjustment")
    return changed


def _check_taxed(account: Account, row: Row, params: dict[str, Any]) -> None:
    """Refuse a new address nobody can tax while a subscription computes tax by itself."""
    how = (params.get("tax") or {}).get("validate_location", "auto")
    if (
        how == "auto"
        and "address" in params
        and any(
            subscription["automatic_tax"]["enabled"]
            and subscription["status"] not in ("canceled", "incomplete_expired")
            for subscription in of_customer(account, "subscription", row["id"])
        )
    ):
        require_location(row)


@operation("DELETE", "/v1/customers/{id}")
def delete_customer(call: Call) -> Row:
    """Delete a customer: its subscriptions end at once and a tombstone remains."""
    account = call.account
    row = living_customer(account, call.ids["id"], "id", in_path=True)
    account.follow(row)
    return shown(account, remove_customer(account, row))


def remove_customer(account: Account, row: Row) -> Row:
    """End a customer's subscriptions and leave a tombstone."""
    for subscription in of_customer(account, "subscription", row["id"]):
        if subscription["status"] not in ("canceled", "incomplete_expired"):
            end_subscription(account, subscription, reason="cancellation_requested")
    for invoice in of_customer(account, "invoice", row["id"]):
        if invoice["status"] in ("draft", "open"):
            stop_collecting(account, invoice)
    for tax_id in of_customer(account, "tax_id", row["id"]):
        account.remove("tax_id", tax_id["id"])
    emit(account, "customer.deleted", row)
    gone = account.edit("customer", row["id"])
    id = row["id"]
    gone.clear()
    gone |= {"id": id, "object": "customer", "deleted": True}
    return gone


@operation("GET", "/v1/customers", "CustomerListParams")
def list_customers(call: Call) -> Row:
    """List customers that are not deleted; `email` matches exactly, case told apart."""
    found = call.account.customers(call.params.get("email"))
    living = [row for row in found if not row.get("deleted")]
    if "test_clock" not in call.params:
        living = [row for row in living if not row["test_clock"]]
    found = matching(living, call.params, "email", "test_clock")
    return listed(call, found, "customer", {"email", "test_clock"})

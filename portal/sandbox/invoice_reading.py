"""Invoices: read, listed, and changed in what is no money; drafts are deleted."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import revising, take
from portal.sandbox.errors import no_such, refused
from portal.sandbox.events import emit
from portal.sandbox.invoice_payments import payments_of
from portal.sandbox.listing import is_within, listed, matching, page_of
from portal.sandbox.lookup import named
from portal.sandbox.operations import Call, operation
from portal.sandbox.pending_items import KIND as ITEM
from portal.sandbox.periods import DAY_S
from portal.sandbox.rows import Row
from portal.sandbox.standing import subscription_of
from portal.sandbox.views import list_of, shown

_PLAIN = ("auto_advance", "default_payment_method", "description", "due_date", "footer")
_OF_DRAFTS = ("collection_method", "days_until_due", "default_payment_method", "due_date")


@operation("GET", "/v1/invoices/{id}", "InvoiceRetrieveParams")
def retrieve_invoice(call: Call) -> Row:
    """Give an invoice."""
    return shown(call.account, call.row("invoice", "invoice"))


@operation("GET", "/v1/invoices", "InvoiceListParams")
def list_invoices(call: Call) -> Row:
    """List invoices."""
    params = call.params
    rows = list(call.account.kind("invoice").values())
    if "customer" in params:
        rows = call.account.of_customer("invoice", params["customer"])
    found = matching(rows, params, "status", "collection_method")
    if "subscription" in params:
        found = [row for row in found if subscription_of(row) == params["subscription"]]
    found = [row for row in found if is_within(row["due_date"], params.get("due_date"))]
    known = {"customer", "status", "collection_method", "subscription", "due_date"}
    return listed(call, found, "invoice", known)


@operation("GET", "/v1/invoices/{id}/lines", "InvoiceLineItemListParams")
def list_invoice_lines(call: Call) -> Row:
    """List an invoice's lines, in their order."""
    call.only({"expand", "limit", "starting_after", "ending_before"})
    lines = shown(call.account, call.row("invoice", "invoice"))["lines"]["data"]
    page, has_more = page_of(lines, call.params, "line item")
    return list_of(page, call.path, has_more=has_more)


@operation("POST", "/v1/invoices/{id}", "InvoiceUpdateParams")
def update_invoice(call: Call) -> Row:
    """Change an invoice's words; how it is collected, only while it is a draft."""
    call.only({*_PLAIN, *_OF_DRAFTS, "metadata", "expand"})
    account, params = call.account, call.params
    row = call.row("invoice", "invoice")
    account.follow(row)
    if row["status"] != "draft" and (locked := [name for name in _OF_DRAFTS if name in params]):
        raise refused(
            f"Finalized invoices can't be updated in this way: {locked[0]}",
            locked[0],
            "invoice_not_editable",
        )
    with revising(account, "invoice", row["id"], "invoice.updated") as changed:
        take(changed, params, *_PLAIN, "collection_method")
        _write_due_date(account, changed, params)
        method = changed["default_payment_method"]
        if method:
            named(account, "payment_method", method, "default_payment_method")
    return shown(account, changed)


def _write_due_date(account: Account, row: Row, params: dict[str, Any]) -> None:
    if row["collection_method"] == "charge_automatically":
        row["due_date"] = None
    elif "days_until_due" in params:
        row["due_date"] = account.now() + params["days_until_due"] * DAY_S


@operation("DELETE", "/v1/invoices/{id}")
def delete_invoice(call: Call) -> Row:
    """Delete a draft that no subscription made; its items wait for another invoice again."""
    account = call.account
    row = call.row("invoice", "invoice")
    if row["status"] != "draft" or row["billing_reason"] != "manual":
        raise refused("You can only delete draft invoices that no subscription made.")
    for item in account.of_customer(ITEM, row["customer"]):
        if item["invoice"] == row["id"]:
            account.edit(ITEM, item["id"])["invoice"] = None
    account.remove("invoice", row["id"])
    emit(account, "invoice.deleted", row)
    return {"id": row["id"], "object": "invoice", "deleted": True}


@operation("GET", "/v1/invoice_payments", "InvoicePaymentListParams")
def list_invoice_payments(call: Call) -> Row:
    """List the payments of an invoice."""
    call.only({"expand", "invoice", "limit"})
    rows = [named(call.account, "invoice", call.params["invoice"], "invoice")] if (
        "invoice" in call.params
    ) else list(call.account.kind("invoice").values())  # fmt: skip
    found = [payment for row in reversed(rows) for payment in payments_of(call.account, row)]
    page, has_more = page_of(found, call.params, "invoice payment")
    return list_of(page, call.path, has_more=has_more)


@operation("GET", "/v1/invoice_payments/{id}", "InvoicePaymentRetrieveParams")
def retrieve_invoice_payment(call: Call) -> Row:
    """Give one payment of an invoice."""
    intent = call.account.get("payment_intent", "pi_" + call.ids["id"].removeprefix("inpay_"))
    if intent is None or intent["_invoice"] is None:
        raise no_such("invoice_payment", call.ids["id"], "id", in_path=True)
    (payment,) = payments_of(call.account, call.account.kind("invoice")[intent["_invoice"]])
    return payment

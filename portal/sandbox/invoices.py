"""Invoices: read, listed, paid, voided, and previewed."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account, Row
from portal.sandbox.changes import revising, take
from portal.sandbox.collecting import (
    collect,
    default_method,
    finalize,
    mark_paid,
    payment_refusal,
    subscription_of,
    void,
)
from portal.sandbox.errors import refused
from portal.sandbox.listing import listed, matching
from portal.sandbox.lookup import living_customer
from portal.sandbox.operations import Call, operation
from portal.sandbox.payment_methods import find_method
from portal.sandbox.views import list_of, shown


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
    return listed(
        call, found, "invoice", {"customer", "status", "collection_method", "subscription"}
    )


@operation("GET", "/v1/invoices/{id}/lines", "InvoiceLineItemListParams")
def list_invoice_lines(call: Call) -> Row:
    """List an invoice's lines, in their order."""
    call.only({"expand", "limit"})
    lines = shown(call.account, call.row("invoice", "invoice"))["lines"]["data"]
    limit = call.params.get("limit", 10)
    return list_of(lines[:limit], call.path, has_more=len(lines) > limit)


@operation("POST", "/v1/invoices/{id}", "InvoiceUpdateParams")
def update_invoice(call: Call) -> Row:
    """Change an invoice's metadata, description and collection."""
    call.only({"metadata", "description", "footer", "auto_advance", "expand"})
    call.row("invoice", "invoice")
    with revising(call.account, "invoice", call.ids["id"], "invoice.updated") as row:
        take(row, call.params, "description", "footer", "auto_advance")
    return shown(call.account, row)


@operation("POST", "/v1/invoices/{id}/pay", "InvoicePayParams")
def pay_invoice(call: Call) -> Row:
    """Pay an invoice with the card given, or the default one."""
    call.only({"payment_method", "off_session", "paid_out_of_band", "expand"})
    account, params = call.account, call.params
    row = call.row("invoice", "invoice")
    living_customer(account, row["customer"], "customer")
    account.follow(row)
    if row["status"] == "paid":
        raise refused("Invoice is already paid", code="invoice_already_paid")
    if row["status"] == "draft":
        finalize(account, row)
    if row["status"] not in ("open", "uncollectible"):
        raise refused(
            f"This invoice can no longer be paid: it is {row['status']}.",
            code="invoice_not_editable",
        )
    if params.get("paid_out_of_band"):
        mark_paid(account, row, out_of_band=True)
        return shown(account, row)
    method = _method(account, row, params)
    pay(account, row, method)
    return shown(account, row)


def _method(account: Account, row: Row, params: dict[str, Any]) -> Row:
    if params.get("payment_method"):
        method = find_method(account, params["payment_method"], "payment_method")
        if method["customer"] not in (None, row["customer"]):
            raise refused("The payment method belongs to another customer.", "payment_method")
        return method
    default = default_method(account, row)
    if default is None:
        raise refused(
            "There is no default_payment_method set on this Customer or Invoice. Please set a"
            " default payment method or pass one.",
            code="invoice_no_payment_method_types",
        )
    return default


def pay(account: Account, invoice: Row, method: Row, *, authenticated: bool = False) -> None:
    """Pay an open invoice with a card.

    Raises:
        StripeError: 402, declined or waiting for the person's bank; the try stays written down.
    """
    if invoice["amount_remaining"] == 0:
        mark_paid(account, invoice)
    elif collect(account, invoice, method, authenticated=authenticated) != "succeeded":
        raise payment_refusal(account, invoice)


@operation("POST", "/v1/invoices/{id}/finalize", "InvoiceFinalizeInvoiceParams")
def finalize_invoice(call: Call) -> Row:
    """Make a draft final."""
    call.only({"auto_advance", "expand"})
    row = call.row("invoice", "invoice")
    if row["status"] != "draft":
        raise refused(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice."
        )
    call.account.follow(row)
    finalize(call.account, row)
    return shown(call.account, row)


@operation("POST", "/v1/invoices/{id}/void", "InvoiceVoidInvoiceParams")
def void_invoice(call: Call) -> Row:
    """Void an open invoice."""
    row = call.row("invoice", "invoice")
    if row["status"] not in ("open", "uncollectible"):
        raise refused(f"You can only void an open invoice; this one is {row['status']}.")
    call.account.follow(row)
    void(call.account, row)
    return shown(call.account, row)

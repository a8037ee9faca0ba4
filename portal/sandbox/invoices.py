"""Invoices: finalized, sent, paid, given up and voided."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.collecting import (
    collect,
    default_method,
    finalize,
    mark_paid,
    payment_refusal,
    void,
)
from portal.sandbox.collection_pauses import mark_uncollectible
from portal.sandbox.errors import refused
from portal.sandbox.events import emit
from portal.sandbox.lookup import living_customer
from portal.sandbox.operations import Call, operation
from portal.sandbox.payment_methods import find_method
from portal.sandbox.renewals import HOUR_S
from portal.sandbox.rows import Row
from portal.sandbox.views import shown


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
    """Make a draft final; one that advances by itself is charged an hour later."""
    call.only({"auto_advance", "expand"})
    account = call.account
    row = account.edit("invoice", call.row("invoice", "invoice")["id"])
    if row["status"] != "draft":
        raise refused(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice."
        )
    account.follow(row)
    row["auto_advance"] = call.params.get("auto_advance", row["auto_advance"])
    finalize(account, row)
    is_charged = row["collection_method"] == "charge_automatically" and row["auto_advance"]
    if row["status"] == "open" and is_charged and row["billing_reason"] != "subscription_create":
        row["next_payment_attempt"] = account.now() + HOUR_S
    return shown(account, row)


@operation("POST", "/v1/invoices/{id}/send", "InvoiceSendInvoiceParams")
def send_invoice(call: Call) -> Row:
    """Send an invoice to the customer, and make it final before; no mail leaves the sandbox."""
    account = call.account
    row = call.row("invoice", "invoice")
    if row["collection_method"] != "send_invoice":
        raise refused(
            "You can only manually send an invoice if its collection method is 'send_invoice'."
        )
    account.follow(row)
    if row["status"] == "draft":
        finalize(account, row)
    if row["status"] not in ("open", "paid"):
        raise refused(f"You can only send an open invoice; this one is {row['status']}.")
    emit(account, "invoice.sent", row)
    return shown(account, row)


@operation("POST", "/v1/invoices/{id}/mark_uncollectible", "InvoiceMarkUncollectibleParams")
def give_invoice_up(call: Call) -> Row:
    """Mark an open invoice as one that nobody will pay."""
    row = call.row("invoice", "invoice")
    if row["status"] != "open":
        raise refused(f"You can only give up an open invoice; this one is {row['status']}.")
    call.account.follow(row)
    mark_uncollectible(call.account, row)
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

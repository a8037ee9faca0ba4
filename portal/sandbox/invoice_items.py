"""Invoice items by the API: amounts for the next invoice, or for a draft."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata, take
from portal.sandbox.drawing import lines_of, redraw
from portal.sandbox.errors import known_within, missing, refused
from portal.sandbox.events import emit
from portal.sandbox.line_rows import pricing_of
from portal.sandbox.listing import listed, matching
from portal.sandbox.lookup import customer_named, named
from portal.sandbox.once import once
from portal.sandbox.operations import Call, operation
from portal.sandbox.pending_items import KIND, keep_item, line_of_item, take_along
from portal.sandbox.prices import price_in
from portal.sandbox.rows import Row
from portal.sandbox.tax_rates import rates_named
from portal.sandbox.totals import Line, price_of
from portal.sandbox.views import shown

_CREATE = frozenset(
    {"amount", "currency", "customer", "description", "discountable", "expand", "invoice"}
    | {"metadata", "period", "pricing", "quantity", "subscription", "tax_rates"}
)
_UPDATE = frozenset(
    {"amount", "description", "discountable", "expand", "metadata", "period", "quantity"}
    | {"tax_rates"}
)


@operation("POST", "/v1/invoiceitems", "InvoiceItemCreateParams")
def create_invoice_item(call: Call) -> Row:
    """Keep an amount for the customer's next invoice, or put it on a draft."""
    call.only(_CREATE)
    account, params = call.account, call.params
    customer = customer_named(account, params)
    draft = _draft(account, params["invoice"], "invoice") if "invoice" in params else None
    if params.get("subscription"):
        named(account, "subscription", params["subscription"], "subscription")
    line, currency = _line(account, customer, params)
    row = keep_item(account, customer, line, currency)
    if draft:
        if draft["currency"] != currency:
            raise refused(
                f"The invoice is in {draft['currency']} and the item in {currency}.", "currency"
            )
        _put_on(account, draft, [row])
    return shown(account, row)


def _line(account: Account, customer: Row, params: dict[str, Any]) -> tuple[Line, str]:
    currency = str(params.get("currency") or customer["currency"] or "usd").lower()
    if "pricing" in params:
        known_within(params["pricing"], ("price",), "pricing")
        id = params["pricing"]["price"]
        price = named(account, "price", id, "pricing[price]")
        currency = str(params.get("currency") or price["currency"]).lower()
        line = once(account, id, params.get("quantity", 1), currency, "pricing")
    elif "amount" in params:
        now = account.now()
        line = Line(None, 1, params["amount"], now, now, None)
    else:
        raise missing("amount")
    period = params.get("period") or {"start": line.start, "end": line.end}
    line.start, line.end = period["start"], period["end"]
    line.description = params.get("description") or line.description
    line.subscription = params.get("subscription")
    line.discountable = params.get("discountable", line.amount >= 0)
    line.metadata = new_metadata(params)
    line.tax_rates = rates_named(account, params.get("tax_rates"), "tax_rates")
    return line, currency


def _draft(account: Account, id: str, param: str) -> Row:
    invoice = named(account, "invoice", id, param)
    if invoice["status"] != "draft":
        raise refused(
            f"Invoice {id} can not be modified because it is already finalized.",
            param,
            "invoice_not_editable",
        )
    return invoice


def _put_on(account: Account, invoice: Row, items: list[Row]) -> None:
    """Draw a draft anew with these items, in place of what it had of them."""
    fresh = [
        line_of_item(account, item, automatic_tax=invoice["automatic_tax"]["enabled"])
        for item in items
    ]
    default = [account.kind("tax_rate")[rate["id"]] for rate in invoice["default_tax_rates"]]
    for line in fresh:
        line.tax_rates = line.tax_rates or default
    ids = {line.invoice_item for line in fresh}
    kept = [line for line in lines_of(account, invoice) if line.invoice_item not in ids]
    redraw(account, invoice, kept + fresh)
    take_along(account, invoice, fresh)


@operation("POST", "/v1/invoiceitems/{id}", "InvoiceItemUpdateParams")
def update_invoice_item(call: Call) -> Row:
    """Change an item that is on no final invoice yet."""
    call.only(_UPDATE)
    account, params = call.account, call.params
    row = account.edit(KIND, call.row(KIND, "invoiceitem")["id"])
    account.follow(row)
    draft = _draft(account, row["invoice"], "invoice") if row["invoice"] else None
    take(row, params, "description", "discountable", "period")
    if "tax_rates" in params:
        rates = rates_named(account, params["tax_rates"] or [], "tax_rates")
        row["_tax_rates"] = [rate["id"] for rate in rates]
    _revalue(account, row, params)
    if draft:
        _put_on(account, draft, [row])
    return shown(account, row)


def _revalue(account: Account, row: Row, params: dict[str, Any]) -> None:
    if "amount" in params:
        row["amount"] = row["net_amount"] = params["amount"]
        row["pricing"] = None
    if "quantity" in params:
        if row["pricing"] is None:
            raise refused("Only an item with a price has a quantity.", "quantity")
        price = account.kind("price")[row["pricing"]["price_details"]["price"]]
        quantity = params["quantity"]
        amount = price_of(price_in(price, row["currency"]), quantity)
        row["quantity"], row["quantity_decimal"] = quantity, str(quantity)
        row["amount"] = row["net_amount"] = amount
        row["pricing"] = pricing_of(price, amount, quantity)


@operation("DELETE", "/v1/invoiceitems/{id}", "InvoiceItemDeleteParams")
def delete_invoice_item(call: Call) -> Row:
    """Drop an item that is on no final invoice yet."""
    account = call.account
    row = call.row(KIND, "invoiceitem")
    if row["invoice"]:
        draft = _draft(account, row["invoice"], "invoice")
        lines = [line for line in lines_of(account, draft) if line.invoice_item != row["id"]]
        redraw(account, draft, lines)
    account.remove(KIND, row["id"])
    emit(account, "invoiceitem.deleted", row)
    return {"id": row["id"], "object": KIND, "deleted": True}


@operation("GET", "/v1/invoiceitems/{id}", "InvoiceItemRetrieveParams")
def retrieve_invoice_item(call: Call) -> Row:
    """Give an invoice item."""
    return shown(call.account, call.row(KIND, "invoiceitem"))


@operation("GET", "/v1/invoiceitems", "InvoiceItemListParams")
def list_invoice_items(call: Call) -> Row:
    """List invoice items; `pending` picks those on no invoice yet, or those on one."""
    found = matching(call.account.kind(KIND).values(), call.params, "customer", "invoice")
    if "pending" in call.params:
        found = [row for row in found if (row["invoice"] is None) == call.params["pending"]]
    return listed(call, found, "invoiceitem", {"customer", "invoice", "pending"})

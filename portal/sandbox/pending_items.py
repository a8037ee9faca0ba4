"""Invoice items: amounts that wait for an invoice, and the lines they become."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.events import emit
from portal.sandbox.line_rows import pricing_of
from portal.sandbox.rows import Row, new_id
from portal.sandbox.subscription_items import rates_for
from portal.sandbox.totals import Line
from portal.sandbox.views import shown, view

KIND = "invoiceitem"


def keep_item(account: Account, customer: Row, line: Line, currency: str) -> Row:
    """Keep a line until an invoice takes it along."""
    row = account.add(_new_item(account, customer, line, currency))
    emit(account, "invoiceitem.created", row)
    return row


def _new_item(account: Account, customer: Row, line: Line, currency: str) -> Row:
    details: Row = {"credited_items": None, "discount_amounts": []}
    return {
        "id": new_id("ii"),
        "object": KIND,
        "amount": line.amount,
        "currency": currency,
        "customer": customer["id"],
        "customer_account": None,
        "date": account.now(),
        "description": line.description,
        "discountable": line.discountable,
        "discounts": [],
        "frozen_fields": [],
        "invoice": None,
        "invoicing_rules": [],
        "livemode": False,
        "metadata": line.metadata,
        "net_amount": line.amount,
        "parent": _parent(line),
        "period": {"end": line.end, "start": line.start},
        "pricing": pricing_of(line.price, line.amount, line.quantity),
        "proration": line.proration,
        "proration_details": details if line.proration else None,
        "quantity": line.quantity,
        "quantity_decimal": str(line.quantity),
        "tax_rates": [],
        "test_clock": customer["test_clock"],
        "_subscription": line.subscription,
        "_tax_rates": [rate["id"] for rate in line.tax_rates],
    }


def _parent(line: Line) -> Row | None:
    if line.subscription is None:
        return None
    return {
        "subscription_details": {
            "subscription": line.subscription,
            "subscription_item": line.item,
        },
        "type": "subscription_details",
    }


@view(KIND)
def invoice_item_view(account: Account, row: Row, seen: Row) -> None:
    """Show an invoice item with its tax rates."""
    rates = account.kind("tax_rate")
    seen["tax_rates"] = [shown(account, rates[id]) for id in row["_tax_rates"]]


def pending_items(
    account: Account, customer: str, currency: str, subscriptions: tuple[str | None, ...]
) -> list[Row]:
    """Give what waits for an invoice of these subscriptions; None: of no particular one."""
    return [
        row
        for row in account.of_customer(KIND, customer)
        if row["invoice"] is None
        and row["currency"] == currency
        and row["_subscription"] in subscriptions
    ]


def line_of_item(account: Account, item: Row, *, automatic_tax: bool) -> Line:
    """Give the invoice line an item becomes."""
    priced = item["pricing"]
    price = account.kind("price")[priced["price_details"]["price"]] if priced else None
    rates = [account.kind("tax_rate")[id] for id in item["_tax_rates"]]
    if automatic_tax:
        rates = rates_for(account, account.kind("customer")[item["customer"]], price)
    details = (item["parent"] or {}).get("subscription_details") or {}
    return Line(
        price=price,
        quantity=item["quantity"],
        amount=item["amount"],
        start=item["period"]["start"],
        end=item["period"]["end"],
        description=item["description"],
        item=details.get("subscription_item"),
        subscription=item["_subscription"],
        invoice_item=item["id"],
        proration=item["proration"],
        discountable=item["discountable"],
        metadata=item["metadata"],
        tax_rates=rates,
    )


def take_along(account: Account, invoice: Row, lines: list[Line]) -> None:
    """Note which items the invoice's lines were made of."""
    for line in lines:
        if line.invoice_item:
            account.edit(KIND, line.invoice_item)["invoice"] = invoice["id"]


def drop_prorations(account: Account, subscription: Row) -> None:
    """Drop the prorations that wait for a subscription's next invoice: there will be none."""
    waiting = pending_items(
        account, subscription["customer"], subscription["currency"], (subscription["id"],)
    )
    for row in waiting:
        if row["proration"]:
            account.remove(KIND, row["id"])
            emit(account, "invoiceitem.deleted", row)

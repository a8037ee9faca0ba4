"""Invoice lines as Stripe shows them, and back."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.rows import Row
from portal.sandbox.totals import Line


def line_row(line: Line, invoice: str, currency: str) -> Row:
    """Show a line of an invoice."""
    discounts = [{"amount": amount, "discount": id} for id, amount in line.discounted]
    return {
        "id": line.id,
        "object": "line_item",
        "amount": line.amount,
        "currency": currency,
        "description": line.description,
        "discount_amounts": discounts,
        "discountable": line.discountable,
        "discounts": [],
        "invoice": invoice,
        "livemode": False,
        "metadata": line.metadata,
        "parent": _parent(line),
        "period": {"end": line.end, "start": line.start},
        "pretax_credit_amounts": [{**each, "type": "discount"} for each in discounts],
        "pricing": pricing_of(line.price, line.amount, line.quantity),
        "quantity": line.quantity,
        "quantity_decimal": str(line.quantity),
        "subscription": line.subscription,
        "subtotal": line.amount,
        "taxes": line.taxes,
    }


def pricing_of(price: Row | None, amount: int, quantity: int) -> Row | None:
    """Tell by which price an amount came about; None: it was simply named."""
    if price is None:
        return None
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": str(amount // quantity if quantity else 0),
    }


def _parent(line: Line) -> Row | None:
    if line.item is None and line.invoice_item is None:
        return None
    kind = "subscription_item_details" if line.item else "invoice_item_details"
    details: dict[str, Any] = {
        "invoice_item": line.invoice_item,
        "proration": line.proration,
        "proration_details": {"credited_items": None},
        "subscription": line.subscription,
    }
    if line.item:
        details["subscription_item"] = line.item
    return {
        "invoice_item_details": None,
        "subscription_item_details": None,
        kind: details,
        "type": kind,
    }


def line_of(account: Account, row: Row) -> Line:
    """Read a line back, before discounts and taxes, so that its invoice can be drawn anew."""
    details = _details(row)
    priced = row["pricing"]
    return Line(
        price=account.kind("price")[priced["price_details"]["price"]] if priced else None,
        quantity=row["quantity"],
        amount=row["amount"],
        start=row["period"]["start"],
        end=row["period"]["end"],
        description=row["description"],
        item=details.get("subscription_item"),
        subscription=row["subscription"],
        invoice_item=details.get("invoice_item"),
        proration=bool(details.get("proration")),
        discountable=row["discountable"],
        metadata=row["metadata"],
        id=row["id"],
        tax_rates=[account.kind("tax_rate")[each] for each in _rates(row)],
    )


def _details(row: Row) -> Row:
    parent = row["parent"]
    return parent[parent["type"]] if parent else {}


def _rates(row: Row) -> list[str]:
    return [tax["tax_rate_details"]["tax_rate"] for tax in row["taxes"]]

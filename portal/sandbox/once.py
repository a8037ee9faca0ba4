"""Amounts that are billed once, beside a subscription's items."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import merged_metadata
from portal.sandbox.errors import known_within, missing, refused
from portal.sandbox.lookup import named
from portal.sandbox.pending_items import keep_item
from portal.sandbox.prices import price_in
from portal.sandbox.rows import Row
from portal.sandbox.tax_rates import rates_named
from portal.sandbox.totals import Line, price_of

_KNOWN = frozenset({"price", "quantity", "metadata", "tax_rates"})


def add_once(account: Account, subscription: Row, given: list[dict[str, Any]]) -> None:
    """Keep `add_invoice_items` for the subscription's next invoice."""
    customer = account.kind("customer")[subscription["customer"]]
    for position, each in enumerate(given):
        here = f"add_invoice_items[{position}]"
        known_within(each, _KNOWN, here)
        if "price" not in each:
            raise missing(f"{here}[price]")
        line = once(account, each["price"], each.get("quantity", 1), subscription["currency"], here)
        line.subscription = subscription["id"]
        line.metadata = merged_metadata({}, each.get("metadata"))
        line.tax_rates = rates_named(account, each.get("tax_rates"), f"{here}[tax_rates]")
        keep_item(account, customer, line, subscription["currency"])


def once(account: Account, price: str, quantity: int, currency: str, here: str) -> Line:
    """Give the line of a one-time price.

    Raises:
        StripeError: it does not exist, is not active or not one-time, or not sold in the currency.
    """
    row = named(account, "price", price, f"{here}[price]")
    if row["recurring"] is not None:
        raise refused(
            "The price specified is set to `type=recurring` but this field only accepts prices"
            " with `type=one_time`.",
            f"{here}[price]",
        )
    if not row["active"]:
        raise refused(
            "The price specified is inactive. This field only accepts active prices.",
            f"{here}[price]",
        )
    now = account.now()
    name = account.kind("product")[row["product"]]["name"]
    return Line(row, quantity, price_of(price_in(row, currency), quantity), now, now, name)

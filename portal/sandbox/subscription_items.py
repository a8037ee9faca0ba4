"""What a subscription holds: prices and quantities, and the lines they make on an invoice."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata
from portal.sandbox.errors import invalid, missing, refused
from portal.sandbox.lookup import named
from portal.sandbox.prices import price_in
from portal.sandbox.rows import Row, new_id
from portal.sandbox.tax_rates import automatic_rates, rates_named
from portal.sandbox.totals import Line, price_of
from portal.sandbox.usage import is_metered, quantity_used, unbilled_since, whole
from portal.sandbox.views import list_of, shown, view


def priced(account: Account, given: list[dict[str, Any]], param: str) -> list[tuple[Row, int]]:
    """Find the prices and quantities asked for.

    Raises:
        StripeError: none, too many, unknown, inactive, one-time, or of different intervals.
    """
    if not given or len(given) > 20:
        raise missing(param) if not given else invalid("Too many items.", param)
    found = []
    for position, item in enumerate(given):
        here = f"{param}[{position}][price]"
        if "price" not in item:
            raise missing(here)
        price = named(account, "price", item["price"], here)
        if not price["active"]:
            raise refused(
                "The price specified is inactive. This field only accepts active prices.", here
            )
        if price["recurring"] is None:
            raise refused(
                "The price specified is set to `type=one_time` but this field only accepts prices"
                " with `type=recurring`.",
                here,
            )
        found.append((price, _quantity(price, item, f"{param}[{position}][quantity]")))
    _check_intervals(found, param)
    return found


def _quantity(price: Row, item: dict[str, Any], param: str) -> int:
    if not is_metered(price):
        return int(item.get("quantity", 1))
    if "quantity" in item:
        raise refused("You cannot set the quantity of a metered price.", param)
    return 0


def _check_intervals(found: list[tuple[Row, int]], param: str) -> None:
    intervals = {
        (price["recurring"]["interval"], price["recurring"]["interval_count"]) for price, _ in found
    }
    if len(intervals) > 1:
        raise refused(
            "Currently, all prices on a subscription must have the same recurring interval.", param
        )


def add_item(account: Account, subscription: Row, price: Row, given: dict[str, Any]) -> Row:
    """Add a price to a subscription."""
    rates = rates_named(account, given.get("tax_rates"), "tax_rates")
    row: Row = {
        "id": new_id("si", 14),
        "object": "subscription_item",
        "billed_until": None,
        "billing_thresholds": None,
        "created": account.now(),
        "discounts": [],
        "metadata": new_metadata(given),
        "price": price["id"],
        "quantity": 0 if is_metered(price) else given.get("quantity", 1),
        "subscription": subscription["id"],
        "tax_rates": [rate["id"] for rate in rates],
        "_used_since": account.now(),
        "_debits": [],
    }
    subscription["_items"].append(row["id"])
    return account.add(row)


@view("subscription_item")
def item_view(account: Account, row: Row, seen: Row) -> None:
    """Show an item with its price, its period, and the plan of older days."""
    price = account.kind("price")[row["price"]]
    subscription = account.kind("subscription")[row["subscription"]]
    seen["price"] = shown(account, price)
    seen["plan"] = _plan(price)
    if is_metered(price):
        del seen["quantity"]
    seen["current_period_start"] = subscription["_period_start"]
    seen["current_period_end"] = subscription["_period_end"]
    seen["tax_rates"] = [shown(account, account.kind("tax_rate")[id]) for id in row["tax_rates"]]


def _plan(price: Row) -> Row:
    recurring = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": False,
        "metadata": price["metadata"],
        "meter": recurring["meter"],
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": price["tiers_mode"],
        "transform_usage": None,
        "trial_period_days": recurring["trial_period_days"],
        "usage_type": recurring["usage_type"],
    }


@view("subscription")
def subscription_view(account: Account, row: Row, seen: Row) -> None:
    """Show a subscription with its items and tax rates."""
    items = [shown(account, account.kind("subscription_item")[id]) for id in row["_items"]]
    seen["items"] = list_of(items, f"/v1/subscription_items?subscription={row['id']}")
    seen["items"]["total_count"] = len(items)
    rates = account.kind("tax_rate")
    seen["default_tax_rates"] = [shown(account, rates[id]) for id in row["_default_tax_rates"]]


def lines_for(
    account: Account, subscription: Row, customer: Row, start: int, end: int, *, trial: bool = False
) -> list[Line]:
    """Give the invoice lines of one period; a trial's cost nothing."""
    lines = []
    for id in subscription["_items"]:
        item = account.kind("subscription_item")[id]
        price = account.kind("price")[item["price"]]
        line = _line_of(account, subscription, item, price, start, end)
        line.item, line.subscription = id, subscription["id"]
        if trial:
            product = account.kind("product")[price["product"]]["name"]
            line.amount, line.description = 0, f"Trial period for {product}"
        own = item["tax_rates"] or subscription["_default_tax_rates"]
        line.tax_rates = [account.kind("tax_rate")[rate] for rate in own]
        if subscription["automatic_tax"]["enabled"]:
            line.tax_rates = rates_for(account, customer, price)
        lines.append(line)
    return lines


def _line_of(
    account: Account, subscription: Row, item: Row, price: Row, start: int, end: int
) -> Line:
    """Give an item's line: its quantity for the period, or what was used until it began."""
    currency = subscription["currency"]
    if not is_metered(price):
        return line_for(account, price, item["quantity"], currency, start, end)
    quantity = quantity_used(account, subscription, item, price, start)
    line = line_for(account, price, whole(quantity), currency, start, end)
    line.amount = price_of(price_in(price, currency), quantity)
    line.start, line.end = unbilled_since(subscription, item), start
    return line


def line_for(
    account: Account, price: Row, quantity: int, currency: str, start: int, end: int
) -> Line:
    """Give the invoice line of a price for one period."""
    product = account.kind("product")[price["product"]]
    amount = price_in(price, currency)
    each, interval = amount["unit_amount"] or 0, price["recurring"]["interval"]
    words = f"{quantity} × {product['name']} (at {each / 100:.2f} {currency.upper()} / {interval})"
    return Line(price, quantity, price_of(amount, quantity), start, end, words)


def rates_for(account: Account, customer: Row, price: Row | None) -> list[Row]:
    """Give what automatic tax finds for a price, or for an amount that was simply named."""
    is_inclusive = price is not None and price["tax_behavior"] == "inclusive"
    return automatic_rates(account, customer, inclusive=is_inclusive)

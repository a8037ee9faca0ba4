"""What a checkout session sells: its lines, and what they cost today."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import missing, unsupported
from portal.sandbox.operations import Call
from portal.sandbox.previews import preview_invoice
from portal.sandbox.prices import write_price
from portal.sandbox.rows import Row, new_id
from portal.sandbox.subscription_items import priced

_SUBSCRIPTION = frozenset(
    {"default_tax_rates", "description", "metadata", "trial_end", "trial_period_days"}
    | {"trial_settings", "proration_behavior"}
)
_SHARED = ("discounts", "currency", "automatic_tax")
"""What the subscription takes over from the session."""


def plan_subscription(account: Account, row: Row, params: dict[str, Any]) -> None:
    """Note what the subscription will be made from, and what it costs today."""
    if not params.get("line_items"):
        raise missing("line_items")
    more = params.get("subscription_data") or {}
    for name in sorted(more.keys() - _SUBSCRIPTION):
        raise unsupported(f"subscription_data[{name}]")
    items = [_item(account, each, position) for position, each in enumerate(params["line_items"])]
    priced(account, items, "line_items")
    wanted: dict[str, Any] = {name: params[name] for name in _SHARED if name in params}
    cost = _cost(account, row, items, wanted, more)
    is_trial = bool(more.get("trial_period_days") or more.get("trial_end"))
    row["_wanted"] = {**wanted, **more, "items": items}
    row["_lines"] = [_line(each, is_free=is_trial) for each in cost["lines"]["data"]]
    row["currency"] = cost["currency"]
    row["discounts"] = params.get("discounts")
    row["automatic_tax"] = {
        **{name: cost["automatic_tax"][name] for name in ("enabled", "liability", "provider")},
        "status": cost["automatic_tax"]["status"],
    }
    subtotal, total, tax = _sums(row["_lines"])
    row |= {"amount_subtotal": subtotal, "amount_total": total}
    off = subtotal - total if total < subtotal else 0
    row["total_details"] = {"amount_discount": off, "amount_shipping": 0, "amount_tax": tax}


def _item(account: Account, given: dict[str, Any], position: int) -> Row:
    """Read a line: a price that is there, or one made for this session alone."""
    here = f"line_items[{position}]"
    if "price_data" in given:
        made = write_price(account, given["price_data"])
        given = {**given, "price": made["id"]}
    if "price" not in given:
        raise missing(f"{here}[price]")
    if "adjustable_quantity" in given:
        raise unsupported(f"{here}[adjustable_quantity]")
    kept = ("price", "quantity", "tax_rates", "metadata")
    return {name: given[name] for name in kept if name in given}


def _cost(
    account: Account, row: Row, items: list[Row], wanted: dict[str, Any], more: dict[str, Any]
) -> Row:
    """Draw up what the subscription costs for a period."""
    bare = [{name: item[name] for name in ("price", "quantity") if name in item} for item in items]
    details: Row = {"items": bare}
    if "default_tax_rates" in more:
        details["default_tax_rates"] = more["default_tax_rates"]
    params: dict[str, Any] = {**wanted, "subscription_details": details}
    if row["customer"]:
        params["customer"] = row["customer"]
    return preview_invoice(Call(account, "/v1/invoices/create_preview", {}, params))


def _line(line: Row, *, is_free: bool) -> Row:
    """Keep what a line costs; a trial's cost nothing today."""
    off = sum(each["amount"] for each in line["discount_amounts"])
    extra = sum(tax["amount"] for tax in line["taxes"] if tax["tax_behavior"] == "exclusive")
    tax = sum(each["amount"] for each in line["taxes"])
    amount = line["amount"]
    return {
        "id": new_id("li"),
        "object": "item",
        "amount_discount": 0 if is_free else off,
        "amount_subtotal": 0 if is_free else amount,
        "amount_tax": 0 if is_free else tax,
        "amount_total": 0 if is_free else amount - off + extra,
        "currency": line["currency"],
        "description": line["description"],
        "metadata": {},
        "price": line["pricing"]["price_details"]["price"],
        "quantity": line["quantity"],
    }


def _sums(lines: list[Row]) -> tuple[int, int, int]:
    names = ("amount_subtotal", "amount_total", "amount_tax")
    subtotal, total, tax = (sum(int(line[name]) for line in lines) for name in names)
    return subtotal, total, tax

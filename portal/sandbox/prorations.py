"""Prorations: what is left of a period is credited, and what takes its place is charged.

A credit is a share of what was really charged, discounts taken off, so each item remembers its
debits; a debit is a share of the present price. Both count seconds, and round half away from zero.

Source: https://docs.stripe.com/billing/subscriptions/prorations
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from portal.sandbox.account import Account
from portal.sandbox.discounts import running_discounts
from portal.sandbox.pending_items import keep_item
from portal.sandbox.periods import shifted
from portal.sandbox.rows import Row
from portal.sandbox.subscription_items import lines_for
from portal.sandbox.totals import Line, apply_discounts, rounded
from portal.sandbox.usage import is_metered


def note_debits(account: Account, lines: list[Line]) -> None:
    """Let each item remember what it is charged for the present period."""
    for line in lines:
        if line.item and line.invoice_item is None and _is_by_quantity(line):
            item = account.edit("subscription_item", line.item)
            item["_debits"] = [_debit(line)] if line.net > 0 else []


def _is_by_quantity(line: Line) -> bool:
    """Tell whether a line is paid ahead: what is metered is paid afterwards, and never prorated."""
    return line.price is not None and not is_metered(line.price)


def _debit(line: Line) -> Row:
    return {
        "amount": line.net,
        "start": line.start,
        "end": line.end,
        "price": line.price["id"] if line.price else None,
        "quantity": line.quantity,
        "tax_rates": [rate["id"] for rate in line.tax_rates],
    }


def credit(account: Account, subscription: Row, item: Row, at: int) -> None:
    """Keep what an item gives back when it ends at a moment, for the next invoice."""
    customer = account.kind("customer")[subscription["customer"]]
    for debit in item.get("_debits", []):
        share = _share(debit["start"], debit["end"], at)
        price = account.kind("price")[debit["price"]]
        line = Line(
            price=price,
            quantity=debit["quantity"],
            amount=-rounded(debit["amount"] * share),
            start=max(at, debit["start"]),
            end=debit["end"],
            description=_words("Unused", account, price, debit["quantity"], at),
            item=item["id"],
            subscription=subscription["id"],
            proration=True,
            discountable=False,
            tax_rates=[account.kind("tax_rate")[id] for id in debit["tax_rates"]],
        )
        if line.amount:
            keep_item(account, customer, line, subscription["currency"])
    item["_debits"] = []


def charge_rest(account: Account, subscription: Row, items: list[str], at: int) -> None:
    """Keep what items cost from a moment to the end of the present period, as `credit` does."""
    customer = account.kind("customer")[subscription["customer"]]
    start, end = subscription["_period_start"], subscription["_period_end"]
    lines = lines_for(account, subscription, customer, start, end)
    apply_discounts(lines, running_discounts(account, subscription), subscription["currency"])
    share = _share(start, end, at)
    for line in lines:
        if line.item not in items or line.price is None or not _is_by_quantity(line):
            continue
        rest = replace(
            line,
            amount=rounded(line.net * share),
            discounted=[],
            start=at,
            description=_words("Remaining", account, line.price, line.quantity, at),
            proration=True,
            discountable=False,
        )
        keep_item(account, customer, rest, subscription["currency"])
        debits = account.edit("subscription_item", line.item)["_debits"]
        debits.append(_debit(rest))


def take_share(subscription: Row, lines: list[Line]) -> None:
    """Charge a first period that ends at a chosen anchor for its share; `none`: nothing at all."""
    end = subscription["_period_end"]
    start = shifted(end, subscription["_interval"], -subscription["_interval_count"])
    share = _share(start, end, subscription["_period_start"])
    for line in lines:
        whole = line.amount if subscription["_first_share"] == "prorated" else 0
        line.amount = rounded(whole * share)


def _share(start: int, end: int, at: int) -> Decimal:
    """Give how much of a period lies after a moment."""
    left = min(max(end - at, 0), end - start)
    return Decimal(left) / Decimal(end - start)


def _words(what: str, account: Account, price: Row, quantity: int, at: int) -> str:
    product = account.kind("product")[price["product"]]["name"]
    many = f"{quantity} × " if quantity > 1 else ""
    day = datetime.fromtimestamp(at, UTC)
    return f"{what} time on {many}{product} after {day:%d %b %Y}"

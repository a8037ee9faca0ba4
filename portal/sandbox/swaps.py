"""Change what a subscription holds, and bill or credit the rest of the period."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from portal.sandbox.account import Account, Row
from portal.sandbox.billing import period_bill
from portal.sandbox.collecting import collect, default_method, finalize, payment_refusal
from portal.sandbox.drawing import drawn
from portal.sandbox.errors import missing, no_such, refused, unsupported
from portal.sandbox.events import emit
from portal.sandbox.periods import period_end
from portal.sandbox.subscription_items import add_item, lines_for, priced
from portal.sandbox.totals import Line, rounded


def swap_items(account: Account, row: Row, params: dict[str, Any]) -> None:
    """Apply `items`, then `proration_behavior`: none, or an invoice at once.

    Prorations that wait for the next invoice are not known here.
    """
    customer = account.kind("customer")[row["customer"]]
    before = _rest_of_period(account, row, customer, "Unused time on", sign=-1)
    for position, given in enumerate(params["items"]):
        _apply(account, row, given, f"items[{position}]")
    if not row["_items"]:
        raise refused("A subscription must have at least one active item.", "items")
    changed_interval = _take_interval(account, row)
    behavior = params.get("proration_behavior", "create_prorations")
    if row["status"] != "active":
        return
    if changed_interval:
        _begin_period(account, row)
    if behavior == "none" and not changed_interval:
        return
    if behavior == "create_prorations" and not changed_interval:
        raise unsupported("proration_behavior")
    after = _rest_of_period(account, row, customer, "Remaining time on", sign=1)
    credit = [] if behavior == "none" else before
    _bill(account, row, customer, credit + after, params.get("payment_behavior"))


def _apply(account: Account, row: Row, given: dict[str, Any], here: str) -> None:
    if "id" not in given:
        if "price" not in given:
            raise missing(f"{here}[price]")
        ((price, _),) = priced(account, [given], "items")
        add_item(account, row, price, given)
        return
    if given["id"] not in row["_items"]:
        raise no_such("subscription item", given["id"], f"{here}[id]")
    if given.get("deleted"):
        row["_items"].remove(given["id"])
        account.remove("subscription_item", given["id"])
        return
    item = account.edit("subscription_item", given["id"])
    if "price" in given:
        ((price, _),) = priced(account, [given], "items")
        item["price"] = price["id"]
    item["quantity"] = given.get("quantity", item["quantity"])


def _take_interval(account: Account, row: Row) -> bool:
    found = set()
    for id in row["_items"]:
        item = account.kind("subscription_item")[id]
        recurring = account.kind("price")[item["price"]]["recurring"]
        found.add((recurring["interval"], recurring["interval_count"]))
    if len(found) > 1:
        raise refused(
            "Currently, all prices on a subscription must have the same recurring interval.",
            "items",
        )
    (interval,) = found
    changed = interval != (row["_interval"], row["_interval_count"])
    row["_interval"], row["_interval_count"] = interval
    return changed


def _begin_period(account: Account, row: Row) -> None:
    now = account.now()
    row["billing_cycle_anchor"] = row["_period_start"] = now
    row["_period_end"] = period_end(now, now, row["_interval"], row["_interval_count"])


def _rest_of_period(
    account: Account, row: Row, customer: Row, words: str, *, sign: int
) -> list[Line]:
    start, end, now = row["_period_start"], row["_period_end"], account.now()
    share = Decimal(max(0, end - now)) / Decimal(end - start)
    return [
        replace(
            line,
            amount=sign * rounded(line.amount * share),
            start=now,
            proration=True,
            description=f"{words} {line.description}",
        )
        for line in lines_for(account, row, customer, start, end)
    ]


def _bill(
    account: Account, row: Row, customer: Row, lines: list[Line], behavior: str | None
) -> None:
    bill = period_bill(account, row, customer, "subscription_update")
    bill.lines = lines
    invoice = account.add(drawn(account, bill))
    row["latest_invoice"] = invoice["id"]
    emit(account, "invoice.created", invoice)
    finalize(account, invoice)
    if invoice["status"] != "open" or row["collection_method"] != "charge_automatically":
        return
    outcome = collect(account, invoice, default_method(account, invoice))
    if outcome != "succeeded" and behavior == "error_if_incomplete":
        raise payment_refusal(account, invoice, stays=False)

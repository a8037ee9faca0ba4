"""Change what a subscription holds, and bill or credit the rest of the period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.billing import bill_pending, bill_period
from portal.sandbox.changes import merged_metadata
from portal.sandbox.errors import invalid, known_within, missing, no_such, refused
from portal.sandbox.periods import period_end
from portal.sandbox.prorations import charge_rest, credit
from portal.sandbox.rows import Row
from portal.sandbox.settling import announce, payment_behavior, settle
from portal.sandbox.subscription_items import add_item, priced
from portal.sandbox.tax_rates import rates_named

_BILLED = ("active", "past_due", "unpaid")
_ITEM = frozenset({"id", "price", "quantity", "metadata", "tax_rates", "deleted"})


@dataclass(frozen=True, slots=True)
class Terms:
    """How a change is billed."""

    prorations: str
    at: int
    payment: str


def read_terms(account: Account, row: Row, params: dict[str, Any]) -> Terms:
    """Read how a change is billed; prorations count from `proration_date`, by default now."""
    at = params.get("proration_date", account.now())
    if "proration_date" in params and not row["_period_start"] <= at <= row["_period_end"]:
        raise invalid(
            "The proration date must be within the subscription's current period.",
            "proration_date",
        )
    behavior = params.get("proration_behavior", "create_prorations")
    return Terms(behavior, at, payment_behavior(params))


def swap_items(account: Account, row: Row, params: dict[str, Any]) -> None:
    """Apply `items` and `billing_cycle_anchor=now`, and bill what they change."""
    terms = read_terms(account, row, params)
    anchor = params.get("billing_cycle_anchor") or {}
    before = _held(account, row)
    for position, given in enumerate(params.get("items") or []):
        _apply(account, row, given, f"items[{position}]")
    if not row["_items"]:
        raise refused("A subscription must have at least one active item.", "items")
    has_other_interval = _take_interval(account, row)
    if row["status"] not in _BILLED:
        return
    if account.now() >= row["_period_end"]:
        _begin_next_period_anew(account, row, has_other_interval=has_other_interval)
    elif has_other_interval or anchor.get("type") == "now":
        _bill_anew(account, row, before, terms)
    elif terms.prorations != "none":
        _prorate(account, row, before, terms)


def _held(account: Account, row: Row) -> dict[str, tuple[Row, str, int]]:
    """Give a subscription's items as they are before a change, each with its price and quantity."""
    items = {id: account.edit("subscription_item", id) for id in row["_items"]}
    return {id: (item, item["price"], item["quantity"]) for id, item in items.items()}


def _apply(account: Account, row: Row, given: dict[str, Any], here: str) -> None:
    known_within(given, _ITEM, here)
    if "id" not in given:
        if "price" not in given:
            raise missing(f"{here}[price]")
        ((price, _),) = priced(account, [given], "items")
        _refuse_twice(account, row, price["id"], here)
        add_item(account, row, price, given)
        return
    if given["id"] not in row["_items"]:
        raise no_such("subscription item", given["id"], f"{here}[id]")
    if given.get("deleted"):
        row["_items"].remove(given["id"])
        account.remove("subscription_item", given["id"])
        return
    _change(account, row, given, here)


def _change(account: Account, row: Row, given: dict[str, Any], here: str) -> None:
    item = account.edit("subscription_item", given["id"])
    if "price" in given and given["price"] != item["price"]:
        ((price, _),) = priced(account, [given], "items")
        _refuse_twice(account, row, price["id"], here)
        item["price"] = price["id"]
    item["quantity"] = given.get("quantity", item["quantity"])
    if "metadata" in given:
        item["metadata"] = merged_metadata(item["metadata"], given["metadata"] or None)
    if "tax_rates" in given:
        rates = rates_named(account, given["tax_rates"] or [], f"{here}[tax_rates]")
        item["tax_rates"] = [rate["id"] for rate in rates]


def _refuse_twice(account: Account, row: Row, price: str, here: str) -> None:
    held = [account.kind("subscription_item")[id]["price"] for id in row["_items"]]
    if price in held:
        raise refused(
            f"Cannot add multiple subscription items with the same plan: {price}",
            f"{here}[price]",
        )


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


def _begin_next_period_anew(account: Account, row: Row, *, has_other_interval: bool) -> None:
    """Leave the billing to the renewal that is due at this very moment."""
    if has_other_interval:
        row["billing_cycle_anchor"] = row["_period_end"]


def _bill_anew(
    account: Account, row: Row, before: dict[str, tuple[Row, str, int]], terms: Terms
) -> None:
    """Begin a period now; what was paid of the former one is credited."""
    if terms.prorations != "none":
        for item, _, _ in before.values():
            credit(account, row, item, terms.at)
    begin_period(account, row, terms.payment)


def begin_period(account: Account, row: Row, payment: str) -> None:
    """Begin a paid period now, and bill it at once."""
    now = account.now()
    row["billing_cycle_anchor"] = row["_period_start"] = now
    row["_period_end"] = period_end(now, now, row["_interval"], row["_interval_count"])
    customer = account.kind("customer")[row["customer"]]
    invoice = bill_period(account, row, customer, "subscription_update")
    announce(account, row, invoice)
    settle(account, row, invoice, payment)


def _prorate(
    account: Account, row: Row, before: dict[str, tuple[Row, str, int]], terms: Terms
) -> None:
    """Keep prorations for the next invoice, or bill them at once."""
    items = account.kind("subscription_item")
    now_held = {id: (items[id]["price"], items[id]["quantity"]) for id in row["_items"]}
    for id, (item, price, quantity) in before.items():
        if now_held.get(id) == (price, quantity):
            del now_held[id]
        else:
            credit(account, row, item, terms.at)
    charge_rest(account, row, list(now_held), terms.at)
    if terms.prorations == "always_invoice":
        bill_now(account, row, terms.payment)


def bill_now(account: Account, row: Row, payment: str) -> None:
    """Bill what waits for the subscription's next invoice now."""
    customer = account.kind("customer")[row["customer"]]
    invoice = bill_pending(account, row, customer)
    if invoice is not None:
        announce(account, row, invoice)
        settle(account, row, invoice, payment)

"""What a customer has used by a meter, and the invoice line it makes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_UP, Decimal

from portal.sandbox.account import Account
from portal.sandbox.rows import Row

KIND = "_meter_event"
"""Where events are kept; Stripe shows them to nobody again."""


def is_metered(price: Row) -> bool:
    """Tell whether a price is for what is used rather than for a quantity."""
    return bool(price["recurring"] and price["recurring"]["usage_type"] == "metered")


def used(account: Account, meter: Row, customer: str, since: int, until: int) -> Decimal:
    """Give what a customer used from a moment up to, but not at, another."""
    values = list(_values(account, meter["event_name"], customer, since, until))
    formula = meter["default_aggregation"]["formula"]
    if formula == "count":
        return Decimal(len(values))
    if formula == "last":
        return values[-1] if values else Decimal(0)
    return sum(values, Decimal(0))


def _values(
    account: Account, event_name: str, customer: str, since: int, until: int
) -> Iterator[Decimal]:
    """Give the values of the events, by when they happened and then by when they came."""
    found = [
        event
        for event in account.of_customer(KIND, customer)
        if event["event_name"] == event_name
        and since <= event["timestamp"] < until
        and not event["is_cancelled"]
    ]
    found.sort(key=lambda event: int(event["timestamp"]))
    yield from (Decimal(event["value"]) for event in found)


def unbilled_since(subscription: Row, item: Row) -> int:
    """Tell from when on an item's use has not been billed; what a trial saw used is free."""
    since = int(item.get("_used_since") or item["created"])
    return max(since, int(subscription["trial_end"] or 0))


def quantity_used(
    account: Account, subscription: Row, item: Row, price: Row, until: int
) -> Decimal:
    """Give what an item's next bill counts: all that was used up to a moment and not billed."""
    meter = account.kind("billing.meter")[price["recurring"]["meter"]]
    since = unbilled_since(subscription, item)
    return used(account, meter, subscription["customer"], since, until)


def whole(quantity: Decimal) -> int:
    """Give a quantity as an invoice's line shows it: in whole numbers, rounded up."""
    return int(quantity.to_integral_value(ROUND_UP))


def mark_billed(account: Account, subscription: Row) -> None:
    """Note that an invoice has counted everything used before the present period."""
    for id in subscription["_items"]:
        item = account.kind("subscription_item")[id]
        if is_metered(account.kind("price")[item["price"]]):
            account.edit("subscription_item", id)["_used_since"] = subscription["_period_start"]

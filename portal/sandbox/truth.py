"""The truth about an account in few words, to be compared with anybody's copies of it."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.rows import Row


def truth_of(account: Account) -> dict[str, Any]:
    """Give every customer and subscription compactly, oldest first."""
    return {
        "now": account.account_time(),
        "customers": [_customer(row) for row in account.kind("customer").values()],
        "subscriptions": [
            _subscription(account, row) for row in account.kind("subscription").values()
        ],
    }


def _customer(row: Row) -> dict[str, Any]:
    if row.get("deleted"):
        return {"id": row["id"], "deleted": True}
    names = ("id", "email", "name", "metadata", "created")
    return {name: row[name] for name in names} | {"deleted": False}


def _subscription(account: Account, row: Row) -> dict[str, Any]:
    names = (
        "id",
        "status",
        "customer",
        "trial_end",
        "cancel_at_period_end",
        "cancel_at",
        "canceled_at",
        "ended_at",
        "pause_collection",
        "metadata",
        "created",
    )
    items = (account.kind("subscription_item")[id] for id in row["_items"])
    return {name: row[name] for name in names} | {
        "current_period_end": row["_period_end"],
        "items": [
            {"id": item["id"], "price": item["price"], "quantity": item.get("quantity")}
            for item in items
        ],
    }

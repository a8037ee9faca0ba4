"""What customers hold, in short, and what Stripe owes them: for many at once."""

# ruff: noqa: S608
# What is put together into SQL here are places for ids.

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from portal.customers.shown import written
from portal.database import run_sql
from portal.subscriptions.hold import OVER

Brief = dict[str, Any]

_SOLD = """SELECT subscription.stripe_id, subscription.customer, subscription.status,
 subscription.interval, subscription.currency, subscription.amount, subscription.trial_ends_at,
 plan.key AS plan_key FROM subscription
 JOIN customer ON customer.id = subscription.customer
 LEFT JOIN price ON price.stripe_id = subscription.price_stripe_id
 LEFT JOIN plan ON plan.id = price.plan AND plan.company = customer.company
 WHERE subscription.customer IN ({places})
 ORDER BY subscription.started_at, subscription.stripe_id"""


async def briefs_of(customers: Sequence[str]) -> dict[str, Brief]:
    """Return what each of these holds: what lives, else what came last."""
    found: dict[str, Brief] = {}
    for row in await run_sql(_SOLD.replace("{places}", _places(customers)), *customers):
        before = found.get(row["customer"])
        is_over = row["status"] in OVER
        if before is None or not is_over or before["status"] in OVER:
            found[row["customer"]] = _brief(row)
    return found


async def balances_of(customers: Sequence[str]) -> dict[str, int]:
    """Return what each of these has on their account at Stripe, minor units; below zero: a debt.

    As Stripe writes it: what is owed to them is negative.
    """
    rows = await run_sql(
        "SELECT customer, object FROM billing_profile WHERE object <> ''"
        f" AND customer IN ({_places(customers)})",
        *customers,
    )
    return {row["customer"]: json.loads(row["object"]).get("balance") or 0 for row in rows}


def _brief(row: dict[str, Any]) -> Brief:
    return {
        "id": row["stripe_id"],
        "status": row["status"],
        "plan": row["plan_key"],
        "interval": row["interval"] or None,
        "currency": row["currency"] or None,
        "amount": row["amount"],
        "trial_ends_at": written(row["trial_ends_at"]),
    }


def _places(ids: Sequence[str]) -> str:
    return ", ".join("{}" for _ in ids)

"""Customers with their sign-up and their plan, as programs are told of them."""

# ruff: noqa: S608
# What is put together into SQL here are places for ids.

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from portal.customers.shown import Shown, customers_shown
from portal.customers.tables import Customer
from portal.database import run_sql
from portal.subscriptions.briefs import balances_of, briefs_of
from portal.subscriptions.held import held_by_each
from portal.subscriptions.shown import subscription_shown


async def told_of(
    customer: Customer, *, warnings: Iterable[str] = (), whole: bool = False
) -> Shown:
    """Return all that programs are told of a customer; whole: with all of what they hold."""
    return (await told_of_all([customer], whole=whole))[0] | {"warnings": sorted(warnings)}


async def told_of_all(customers: Sequence[Customer], *, whole: bool = False) -> list[Shown]:
    """Return all that programs are told of customers; whole: with all of what each holds."""
    ids = [str(customer.id) for customer in customers]
    if not ids:
        return []
    held = await _held(ids) if whole else await briefs_of(ids)
    came_by, owed = await _sign_ups(ids), await balances_of(ids)
    above = {
        one: {
            "onboarding": came_by.get(one),
            "subscription": held.get(one),
            "balance": owed.get(one, _asked(customer)),
        }
        for one, customer in zip(ids, customers, strict=True)
    }
    return await customers_shown(customers, above)


async def _held(ids: Sequence[str]) -> dict[str, Shown]:
    holds = await held_by_each(ids)
    return {one: subscription_shown(one, hold) for one, hold in holds.items()}


def _asked(customer: Customer) -> int:
    """Return the balance that they are to begin with, as long as we have not looked at Stripe."""
    return int(json.loads(str(customer.stripe_settings)).get("balance") or 0)


async def _sign_ups(customers: Sequence[str]) -> dict[str, dict[str, Any]]:
    places = ", ".join("{}" for _ in customers)
    rows = await run_sql(
        "SELECT id, customer, state, problem_code FROM onboarding"
        f" WHERE customer IN ({places}) ORDER BY created_at, id",
        *customers,
    )
    return {
        row["customer"]: {
            "id": row["id"],
            "state": row["state"],
            "problem": row["problem_code"] or None,
        }
        for row in rows
    }

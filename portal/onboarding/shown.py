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


async def told_of(customer: Customer, *, warnings: Iterable[str] = ()) -> Shown:
    """Return all that programs are told of a customer."""
    return (await told_of_all([customer]))[0] | {"warnings": sorted(warnings)}


async def told_of_all(customers: Sequence[Customer]) -> list[Shown]:
    """Return all that programs are told of customers: so many statements for however many."""
    ids = [str(customer.id) for customer in customers]
    if not ids:
        return []
    came_by, held, owed = await _sign_ups(ids), await briefs_of(ids), await balances_of(ids)
    above = {
        one: {
            "onboarding": came_by.get(one),
            "subscription": held.get(one),
            "balance": owed.get(one, _asked(customer)),
        }
        for one, customer in zip(ids, customers, strict=True)
    }
    return await customers_shown(customers, above)


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

"""The exclusive plans that a customer may have."""

from __future__ import annotations

from portal.database import run_sql


async def own_plans_of(customer: str) -> tuple[str, ...]:
    """Return the keys of the exclusive plans that this customer may have."""
    rows = await run_sql("SELECT plan FROM own_plan WHERE customer = {} ORDER BY id", customer)
    return tuple(row["plan"] for row in rows)

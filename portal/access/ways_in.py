"""What lets a customer in beside their mail: a password, and passkeys."""

from __future__ import annotations

from collections.abc import Collection

from portal.database import run_sql


async def who_has_passwords(customers: Collection[str]) -> frozenset[str]:
    """Return who of them has a password."""
    if not customers:
        return frozenset()
    holes = ", ".join(["{}"] * len(customers))
    rows = await run_sql(
        f"SELECT customer FROM password WHERE customer IN ({holes})",  # noqa: S608 - places
        *customers,
    )
    return frozenset(row["customer"] for row in rows)


async def take_ways_in(customer: str) -> None:
    """Take them all away, in the transaction that shows whose the address is: mail is left."""
    await run_sql("DELETE FROM password WHERE customer = {}", customer)
    await run_sql("DELETE FROM passkey WHERE customer = {}", customer)

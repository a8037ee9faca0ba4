"""What lets a customer in beside their mail: a password, and passkeys."""

from __future__ import annotations

from portal.database import run_sql


async def take_ways_in(customer: str) -> None:
    """Take them all away, in the transaction that shows whose the address is: mail is left."""
    await run_sql("DELETE FROM password WHERE customer = {}", customer)
    await run_sql("DELETE FROM passkey WHERE customer = {}", customer)

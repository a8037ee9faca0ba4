"""The counter that orders our look-ups: whoever looks later holds the higher ticket."""

from __future__ import annotations

from portal.database import run_sql, transaction


async def next_ticket() -> int:
    """Take a ticket, committed: take it before the fetch whose answer it will guard.

    The handler of the last change takes its ticket after that change, so its fetch sees the final
    state, and no fetch with a lower ticket may overwrite it. Outside of any transaction.
    """
    async with transaction():
        rows = await run_sql(
            "INSERT INTO ticket (id, value) VALUES (1, 1)"
            " ON CONFLICT (id) DO UPDATE SET value = ticket.value + 1 RETURNING value"
        )
    return int(rows[0]["value"])

"""Forget events that were dealt with long ago."""

# ruff: noqa: S608
# What is put together into SQL here is a constant of ours.

from __future__ import annotations

from datetime import timedelta

from portal import clock
from portal.database import run_sql, skip_locked, transaction

# As long as Stripe keeps them: it repeats none that is older.
KEPT = timedelta(days=30)
BATCH = 1000

# next_at has an index, and is not much after received_at.
_OLD = """SELECT id FROM inbox_event WHERE state IN ('done', 'ignored', 'rejected', 'failed')
 AND next_at < {} AND received_at < {} ORDER BY next_at LIMIT {}"""


async def forget_old_events() -> None:
    """Delete what was dealt with a month ago, so many rows at a time. Safe to repeat."""
    old = clock.now() - KEPT
    async with transaction():
        await run_sql(
            f"WITH old AS MATERIALIZED ({_OLD}{skip_locked()})"
            " DELETE FROM inbox_event WHERE id IN (SELECT id FROM old)",
            *(old, old, BATCH),
        )

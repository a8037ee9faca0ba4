"""Forget operations that ended long ago."""

# ruff: noqa: S608
# What is put together into SQL here is a constant of ours.

from __future__ import annotations

from datetime import timedelta

from portal import clock
from portal.database import run_sql, skip_locked, transaction

KEPT = timedelta(days=30)
BATCH = 1000

# next_at is never after done_at, and has an index. A name that is owed only once stays known.
_OLD = """SELECT id FROM operation WHERE state IN ('done', 'failed') AND next_at < {}
 AND done_at < {} AND once IS NULL ORDER BY next_at LIMIT {}"""


async def forget_ended() -> None:
    """Delete what was done, or given up, a month ago: so many rows at a time. Safe to repeat.

    What still waits, or was refused and waits to be mended, stays however old it is.
    """
    old = clock.now() - KEPT
    async with transaction():
        await run_sql(
            f"WITH old AS MATERIALIZED ({_OLD}{skip_locked()})"
            " DELETE FROM operation WHERE id IN (SELECT id FROM old)",
            *(old, old, BATCH),
        )

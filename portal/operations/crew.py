"""Which processes work: each says every few seconds that it lives, and counts the others."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal import clock
from portal.database import run_sql, transaction

BEAT_S = 5.0
"""How often each is to say that it lives."""

_GONE = timedelta(seconds=3 * BEAT_S)
_FORGOTTEN = timedelta(days=1)


async def say_alive(worker: str) -> int:
    """Note that this worker lives, and return how many do, this one among them."""
    now = clock.now()
    async with transaction():
        await run_sql(
            "INSERT INTO worker_process (id, started_at, seen_at) VALUES ({}, {}, {})"
            " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at",
            *(worker, now, now),
        )
        await run_sql("DELETE FROM worker_process WHERE seen_at < {}", now - _FORGOTTEN)
    return max(1, await _count(now))


async def say_goodbye(worker: str) -> None:
    """Note that this worker ends, so that the others need not wait to see it."""
    await run_sql("DELETE FROM worker_process WHERE id = {}", worker)


async def count_workers() -> int:
    """Return how many workers live, in all processes."""
    return await _count(clock.now())


async def _count(now: datetime) -> int:
    rows = await run_sql(
        "SELECT COUNT(*) AS alive FROM worker_process WHERE seen_at > {} AND seen_at < {}",
        *(now - _GONE, now + _GONE),
    )
    return int(rows[0]["alive"])

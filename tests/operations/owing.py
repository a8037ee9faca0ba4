"""Operations of a kind that exists for tests only, and what the table holds of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.database import run_sql, transaction
from portal.ids import new_id
from portal.operations.claim import Lanes, claim
from portal.operations.enqueue import enqueue
from portal.operations.step import Claimed

KIND = "ring_the_bell"


async def owe(lane: str | None = "stripe:ada", **more: Any) -> None:
    """Owe one effect."""
    async with transaction():
        await enqueue(KIND, **({"company": "comp_1", "lane": lane, "params": {}} | more))


async def claim_all(limit: int = 100) -> list[Claimed]:
    """Claim as a worker of its own would."""
    token = new_id("lease")
    return [op for lanes in Lanes for op in await claim(limit, token, lanes)]


async def claim_one() -> Claimed:
    """Claim the only one that is due."""
    (op,) = await claim_all()
    return op


async def row_of(op: Claimed) -> Mapping[str, Any]:
    """Read the operation's row."""
    return (await run_sql("SELECT * FROM operation WHERE id = {}", op.id))[0]


async def make_due() -> None:
    """Have everything that waits be due now, so that no test has to sleep."""
    await run_sql("UPDATE operation SET next_at = created_at")


async def send_long_ago(op: Claimed, ago: timedelta) -> None:
    """Set back when the operation was first sent."""
    then = datetime.now(UTC) - ago
    await run_sql("UPDATE operation SET first_sent_at = {} WHERE id = {}", then, op.id)

"""Find what a company waits for at Stripe longer than it should."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from portal import clock
from portal.database import run_sql

OVERDUE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Overdue:
    """An operation that was tried, and is not done yet."""

    op_id: str
    kind: str
    customer: str
    reason: str


_OVERDUE = """state = 'ready' AND company = {} AND lane LIKE 'stripe:%' AND attempts > 0
 AND created_at < {}"""


async def overdue(company: str) -> list[Overdue]:
    """Return what has been tried for ten minutes and longer, longest first."""
    rows = await run_sql(
        f"SELECT op_id, kind, customer, error_code FROM operation WHERE {_OVERDUE} ORDER BY id",  # noqa: S608
        *(company, clock.now() - OVERDUE),
    )
    return [
        Overdue(row["op_id"], row["kind"], row["customer"] or "", row["error_code"]) for row in rows
    ]


async def hurry(company: str) -> None:
    """Have what is overdue tried at once, and not after the pause it was given. Safe to repeat."""
    now = clock.now()
    await run_sql(
        f"UPDATE operation SET next_at = {{}} WHERE {_OVERDUE} AND next_at > {{}}",  # noqa: S608
        *(now, company, now - OVERDUE, now),
    )

"""How many effects of a company wait at Stripe before somebody's own."""

from __future__ import annotations

import time
from dataclasses import dataclass

from portal.database import run_sql

_KEPT_S = 2.0


@dataclass(frozen=True, slots=True)
class _Line:
    """Whose turn comes after how many, as it was a moment ago."""

    seen_at: float
    places: dict[str | None, int]


_LINES: dict[str, _Line] = {}


async def ahead_of(company: str, subject: str) -> int:
    """Return how many operations are due before the last one of this subject, itself not counted.

    Looked up at most every two seconds for a company, however many ask; 0 for who waits no more.
    """
    line = _LINES.get(company)
    if line is None or time.monotonic() - line.seen_at > _KEPT_S:
        line = _Line(time.monotonic(), await _places(company))
        _LINES[company] = line
    return line.places.get(subject, 0)


async def _places(company: str) -> dict[str | None, int]:
    rows = await run_sql(
        "SELECT subject FROM operation WHERE state = 'ready' AND company = {}"
        " AND lane LIKE 'stripe:%' ORDER BY id",
        company,
    )
    return {row["subject"]: place for place, row in enumerate(rows)}

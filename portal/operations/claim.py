"""Take operations that are due, under a lease, so that one worker at a time runs each."""

# ruff: noqa: S608
# What is put together into SQL here are constants of ours.

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import Enum

from portal import clock
from portal.database import run_sql, skip_locked, transaction
from portal.operations.step import NOT_FAILED, Claimed, claimed

LEASE = timedelta(seconds=60)


class Lanes(Enum):
    """Which operations: so that neither kind ever waits for room that the other takes."""

    STRIPE = "due.lane LIKE 'stripe:%'"
    OTHERS = "due.lane NOT LIKE 'stripe:%'"


# A lease far in the future was written by a clock that jumped: it counts as run out. Only the
# lowest open row of a lane may go: a refused one holds its lane, one given up frees it.
_IS_DUE = """state = 'ready' AND next_at <= {}
 AND (lease_until IS NULL OR lease_until < {} OR lease_until > {})"""
_MAY_GO = """NOT EXISTS (SELECT 1 FROM operation AS earlier WHERE earlier.lane = due.lane
 AND earlier.id < due.id AND earlier.state IN ('ready', 'refused'))"""
_FRESH = f"due.error_code IN ({', '.join(map(repr, NOT_FAILED))})"
_NOT_PAUSED = " AND NOT EXISTS (SELECT 1 FROM pause WHERE pause.company = {}.company)"
# Longer than any pause between two tries: only a clock that jumped can have written it.
_FAR = timedelta(minutes=10)
_LEASE_IT = """UPDATE operation SET lease_token = {}, lease_until = {}, attempts = attempts + 1,
 first_sent_at = COALESCE(first_sent_at, {}) WHERE """


async def claim(
    limit: int,
    token: str,
    lanes: Lanes,
    *,
    but_not_of: Sequence[str] = (),
    again: int | None = None,
) -> list[Claimed]:
    """Lease up to this many due operations under this token, longest waiting first.

    Those of the companies in `but_not_of` are left, and of those that failed before all but
    `again`. The time of the first sending is committed here, before the first byte goes out.
    """
    now, which = clock.now(), _of(lanes, but_not_of)
    due = (now, now, now + 2 * LEASE, *but_not_of)
    few = "" if again is None else _few_again(which)
    async with transaction():
        # MATERIALIZED, so that PostgreSQL locks no more rows than the limit.
        rows = await run_sql(
            f"WITH chosen AS MATERIALIZED (SELECT id FROM operation AS due WHERE {_IS_DUE}{which}"
            f" AND {_MAY_GO}{few} ORDER BY next_at LIMIT {{}}{skip_locked()}) "
            f"{_LEASE_IT} id IN (SELECT id FROM chosen) RETURNING *",
            *(*due, *((*due, again) if few else ()), limit, token, now + LEASE, now),
        )
    return sorted(map(claimed, rows), key=lambda op: op.id)


def _few_again(which: str) -> str:
    """Leave out what failed before, as its code says, but for those that waited longest to go."""
    return (
        f" AND ({_FRESH} OR due.id IN (SELECT due.id FROM operation AS due"
        f" WHERE {_IS_DUE}{which} AND NOT {_FRESH} AND {_MAY_GO}"
        " ORDER BY due.next_at LIMIT {}))"
    )


def _of(lanes: Lanes, but_not_of: Sequence[str]) -> str:
    paused = _NOT_PAUSED.format("due") if lanes is Lanes.STRIPE else ""
    held = f" AND due.company NOT IN ({', '.join('{}' for _ in but_not_of)})" if but_not_of else ""
    return f" AND {lanes.value}{held}{paused}"


async def claim_next(op: Claimed) -> Claimed | None:
    """Lease what follows in this operation's lane, in the transaction that ends the operation.

    Unless its company was held at Stripe meanwhile.
    """
    now = clock.now()
    paused = _NOT_PAUSED.format("operation") if op.is_at_stripe else ""
    rows = await run_sql(
        f"{_LEASE_IT} id = (SELECT MIN(id) FROM operation WHERE lane = {{}}"
        f" AND state IN ('ready', 'refused')) AND {_IS_DUE}{paused} RETURNING *",
        *(op.lease_token, now + LEASE, now, op.lane, now, now, now + 2 * LEASE),
    )
    return claimed(rows[0]) if rows else None


async def is_any_due(
    lanes: Lanes, *, but_not_of: Sequence[str] = (), only_fresh: bool = False
) -> bool:
    """Tell whether a claim may find something, without taking the write lock to ask.

    With `only_fresh`: something that did not fail before, and does not stand behind what did.
    """
    now = clock.now()
    which = _of(lanes, but_not_of) + (f" AND {_FRESH} AND {_MAY_GO}" if only_fresh else "")
    rows = await run_sql(
        f"SELECT 1 AS is_due FROM operation AS due WHERE {_IS_DUE}{which} LIMIT 1",
        *(now, now, now + 2 * LEASE, *but_not_of),
    )
    return bool(rows)


async def bring_forward(company: str) -> None:
    """Have due now what waits because Stripe did not answer: it does again."""
    now = clock.now()
    await run_sql(
        "UPDATE operation SET next_at = {} WHERE company = {} AND lane LIKE 'stripe:%'"
        " AND state = 'ready' AND lease_token IS NULL AND next_at > {} AND error_code <> ''",
        *(now, company, now),
    )


async def bring_back() -> None:
    """Have due now what a clock put off that ran ahead and was set back since. Safe to repeat."""
    now = clock.now()
    await run_sql(
        "UPDATE operation SET next_at = {} WHERE state = 'ready' AND next_at > {}"
        " AND (created_at > {} OR (attempts > 0 AND next_at > {}))",
        *(now, now + 2 * LEASE, now + 2 * LEASE, now + _FAR),
    )

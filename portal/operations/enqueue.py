"""Write down an effect that is owed outside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from portal import clock
from portal.database import run_sql
from portal.ids import new_id
from portal.operations.claim import LEASE
from portal.operations.head_start import find_room
from portal.operations.step import Claimed, claimed

_AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Owed:
    """An effect to be had: see `enqueue`."""

    kind: str
    company: str
    lane: str | None
    params: Mapping[str, Any]
    customer: str | None = None
    subject: str | None = None
    once: str | None = None
    after: timedelta = _AT_ONCE


def lane_of_customer(customer_id: str) -> str:
    """Return the lane in which everything runs that Stripe does for one customer."""
    return f"stripe:{customer_id}"


async def enqueue(
    kind: str,
    *,
    company: str,
    lane: str | None,
    params: Mapping[str, Any],
    customer: str | None = None,
    subject: str | None = None,
    once: str | None = None,
    after: timedelta = _AT_ONCE,
) -> None:
    """Owe one effect; call it inside the transaction that writes why, and `wake()` after it.

    Operations of a lane run one after another; without a lane it gets one of its own. The
    parameters are frozen from here on. With `once`, a second one of that name changes nothing.
    """
    await enqueue_all([Owed(kind, company, lane, params, customer, subject, once, after)])


async def enqueue_all(all_owed: Sequence[Owed], *, head_start: bool = False) -> Claimed | None:
    """Owe several effects, in this order, with one statement.

    With a head start the first comes back under a lease, if a worker of this process has room for
    it: give it to `begin()` after the commit.
    """
    all_owed = [owed for owed in all_owed if owed.once is None or not await _is_known(owed.once)]
    if not all_owed:
        return None
    company = all_owed[0].company
    starts = head_start and find_room(company) is not None and not await _is_paused(company)
    now = clock.now()
    token = new_id("lease") if starts else None
    values: list[Any] = []
    for number, owed in enumerate(all_owed):
        op_id, is_first = new_id("op"), starts and number == 0
        values += (op_id, owed.company, owed.customer, owed.subject, owed.lane or f"own:{op_id}")
        values += (owed.kind, owed.once, json.dumps(owed.params), now + owed.after, now)
        values += (1, now, token, now + LEASE) if is_first else (0, None, None, None)
    rows = await run_sql(
        _INSERT + ", ".join([_ROW] * len(all_owed)) + _ONCE + (" RETURNING *" if starts else ""),
        *values,
    )
    return next((claimed(row) for row in rows if token and row["lease_token"] == token), None)


async def never_owe(kind: str, *, company: str, lane: str, once: str, customer: str) -> None:
    """Have nothing be owed by this name any more, as if it had been done already."""
    if await _is_known(once):
        return
    op_id, now = new_id("op"), clock.now()
    values = (op_id, company, customer, None, lane, kind, once, "{}", now, now, 0, None, None, None)
    await run_sql(_INSERT + _ROW.replace("ready", "done") + _ONCE, *values)


async def is_never_owed(once: str) -> bool:
    """Tell whether nothing is owed by this name, without having been done."""
    rows = await run_sql("SELECT state, attempts FROM operation WHERE once = {}", once)
    return bool(rows) and (rows[0]["state"], rows[0]["attempts"]) == ("done", 0)


async def _is_known(once: str) -> bool:
    """Look before the insert, which would wait for whoever is ending that very operation.

    That one may wait for us: it takes its operation first, then the customer; we the other way.
    """
    return bool(await run_sql("SELECT 1 AS known FROM operation WHERE once = {}", once))


async def _is_paused(company: str) -> bool:
    return bool(await run_sql("SELECT 1 AS held FROM pause WHERE company = {}", company))


_INSERT = """INSERT INTO operation (op_id, company, customer, subject, lane, kind, once, params,
 next_at, created_at, attempts, first_sent_at, lease_token, lease_until, state, generation,
 error_code, error_text) VALUES """
_ROW = f"({', '.join(['{}'] * 14)}, 'ready', 1, '', '')"
_ONCE = " ON CONFLICT (once) DO NOTHING"

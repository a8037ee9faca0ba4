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


async def enqueue_all(all_owed: Sequence[Owed]) -> None:
    """Owe several effects, in this order, with one statement."""
    now = clock.now()
    values: list[Any] = []
    for owed in all_owed:
        op_id = new_id("op")
        values += (op_id, owed.company, owed.customer, owed.subject, owed.lane or f"own:{op_id}")
        values += (owed.kind, owed.once, json.dumps(owed.params), now + owed.after, now)
    await run_sql(_INSERT + ", ".join([_ROW] * len(all_owed)) + _ONCE, *values)


_INSERT = """INSERT INTO operation (op_id, company, customer, subject, lane, kind, once, params,
 next_at, created_at, state, generation, attempts, error_code, error_text) VALUES """
_ROW = "({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 'ready', 1, 0, '', '')"
_ONCE = " ON CONFLICT (once) DO NOTHING"

"""What happened to a customer, the newest first: of the audit trail, what is theirs to read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.audit.tables import AuditEntry
from portal.subscriptions.held import all_held_by
from portal.subscriptions.news import STATES

_PAGE = 25


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: to which plan (where there are several), and which fields."""

    id: int
    action: str
    actor: str
    fields: tuple[str, ...]
    plan: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some entries, the newest first; before which one the next page begins, if there are more."""

    entries: tuple[Entry, ...]
    next_before: int | None


async def history_of(
    customer_id: str, actions: Sequence[str], *, before: int | None = None, limit: int = _PAGE
) -> HistoryPage:
    """List what happened to a customer and their subscriptions, of these kinds."""
    held = await all_held_by(customer_id)
    plans = {hold.stripe_id: hold.plan_name if len(held) > 1 else "" for hold in held}
    query = (
        AuditEntry.select()
        .where(AuditEntry.object_id.is_in([customer_id, *plans]))
        .where(AuditEntry.action.is_in(list(actions)))
    )
    if before is not None:
        query = query.where(AuditEntry.id < before)
    rows = await query.order_by(AuditEntry.id, ascending=False).limit(limit + 1)
    next_before = rows[limit - 1]["id"] if len(rows) > limit else None
    told = tuple(_entry(row, plans) for row in _once(rows)[:limit])
    return HistoryPage(
        tuple(entry for entry in told if next_before is None or entry.id >= next_before),
        next_before,
    )


def _once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what two copies, written side by side, both told: no state follows itself."""
    kept = []
    last: dict[str, str] = {}
    for row in reversed(rows):
        about, action = row["object_id"], row["action"]
        if action in STATES:
            if last.get(about) == action:
                continue
            last[about] = action
        kept.append(row)
    return kept[::-1]


def _entry(row: dict[str, Any], plans: dict[str, str]) -> Entry:
    fields = json.loads(row["fields"]) if isinstance(row["fields"], str) else row["fields"]
    return Entry(
        id=row["id"],
        action=row["action"],
        actor=row["actor"],
        fields=tuple(fields),
        plan=plans.get(row["object_id"], ""),
        at=row["at"],
    )

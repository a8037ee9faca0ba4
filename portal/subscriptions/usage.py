"""How much somebody has used of what a meter counts: asked of Stripe now and then, and kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from portal import clock
from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.subscriptions.hold import OVER, Used
from portal.subscriptions.tables import MeteredUse

FRESH = timedelta(minutes=1)
"""So long a count is shown again before Stripe is asked anew."""

_KEEP = """INSERT INTO metered_use (item, starts_at, quantity, fetched_at) VALUES ({}, {}, {}, {})
 ON CONFLICT (item) DO UPDATE SET starts_at = excluded.starts_at, quantity = excluded.quantity,
 fetched_at = excluded.fetched_at WHERE metered_use.fetched_at < excluded.fetched_at"""


@dataclass(frozen=True, slots=True)
class Metered:
    """One item that a meter counts, and its present period."""

    item: str
    meter: str
    starts_at: datetime
    ends_at: datetime


def metered_in(row: Mapping[str, Any]) -> Iterator[Metered]:
    """Name what is counted of a subscription of ours that is not over."""
    starts_at = clock.stored_time(row["period_starts_at"])
    ends_at = clock.stored_time(row["period_ends_at"])
    if starts_at is None or ends_at is None or row["status"] in OVER:
        return
    for item in json.loads(row["items"]):
        if item["meter"]:
            yield Metered(item["id"], item["meter"], starts_at, ends_at)


async def stale(metered: Sequence[Metered]) -> list[Metered]:
    """Leave out what was asked for in this period within the last minute."""
    if not metered:
        return []
    known = await _rows([each.item for each in metered])
    since = clock.now() - FRESH
    return [
        each
        for each in metered
        if (row := known.get(each.item)) is None
        or row["fetched_at"] < since
        or row["starts_at"] != each.starts_at
    ]


async def count_use(company: str, customer_stripe_id: str, metered: Metered) -> None:
    """Ask Stripe how much was used in the present period so far, and keep it.

    Raises:
        EffectError: Stripe did not tell; what is kept stays.
    """
    gateway, now = await gateway_of(company), clock.now()
    quantity = await gateway.fetch_use(
        metered.meter, customer_stripe_id, since=metered.starts_at, until=metered.ends_at
    )
    await run_sql(_KEEP, metered.item, metered.starts_at, str(quantity), now)


async def used_of(metered: Sequence[Metered]) -> dict[str, Used]:
    """Return by item what is known to have been used in its present period."""
    if not metered:
        return {}
    known = await _rows([each.item for each in metered])
    return {
        each.item: Used(Decimal(row["quantity"]), row["fetched_at"])
        for each in metered
        if (row := known.get(each.item)) and row["starts_at"] == each.starts_at
    }


async def _rows(items: list[str]) -> dict[str, dict[str, Any]]:
    found = await MeteredUse.select().where(MeteredUse.item.is_in(items))
    return {row["item"]: row for row in found}

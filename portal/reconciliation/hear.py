"""Take in the events that did not reach us, as if they had been delivered."""

# ruff: noqa: S608
# What is put together into SQL here are constants of ours.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.billing.inbox import keep
from portal.billing.stripe_events import BillingEvent, is_refund
from portal.billing.stripe_lists import StripeLists
from portal.database import run_sql
from portal.reconciliation.lease import Lease


@dataclass(slots=True)
class Heard:
    """What the events of a time told: how many were new, of which copies, the last one's time."""

    until: datetime | None = None
    missed: int = 0
    objects: dict[str, None] = field(default_factory=dict)


async def hear_again(
    company: str, lists: StripeLists, lease: Lease | None, since: datetime
) -> Heard:
    """Read Stripe's events since then, delivered or not; with a lease, keep what we have not.

    The row is the one that a delivery writes, so that an event which comes later is the same one.
    What is about nobody of ours is left out. Safe to repeat.
    """
    heard = Heard()
    async for page in lists.events(since):
        events = [event for event, _ in page]
        heard.until = max([event.created_at for event in events] + [heard.until or since])
        known = await _known(company, [event.event_id for event in events])
        missed = [each for each in page if each[0].event_id not in known and each[0].object_id]
        ours = await _ours(company, missed)
        for event, about in missed:
            if not _is_ours(company, event, about, ours):
                continue
            heard.missed += 1
            if not is_refund(event.object_id):
                heard.objects[event.object_id] = None
            if lease:
                await keep(company, event, accepted=True)
        if lease:
            await lease.renew()
    return heard


def _is_ours(company: str, event: BillingEvent, about: Mapping[str, Any], ours: set[str]) -> bool:
    marked = (about.get("metadata") or {}).get("portal") == company
    return marked or event.object_id in ours or about.get("customer") in ours


async def _known(company: str, ids: Sequence[str]) -> set[str]:
    rows = await run_sql(
        "SELECT event_id FROM inbox_event WHERE company = {}"
        f" AND event_id IN ({', '.join('{}' for _ in ids)})",
        *(company, *ids),
    )
    return {row["event_id"] for row in rows}


async def _ours(company: str, missed: Sequence[tuple[BillingEvent, Mapping[str, Any]]]) -> set[str]:
    """Return which of the objects and customers that these are about we know."""
    named = {event.object_id for event, _ in missed}
    named |= {about["customer"] for _, about in missed if isinstance(about.get("customer"), str)}
    if not named:
        return set()
    places = ", ".join("{}" for _ in named)
    rows = await run_sql(
        f"SELECT stripe_id FROM customer WHERE company = {{}} AND stripe_id IN ({places})"
        " UNION SELECT subscription.stripe_id FROM subscription JOIN customer"
        " ON customer.id = subscription.customer WHERE customer.company = {}"
        f" AND subscription.stripe_id IN ({places})",
        *(company, *named, company, *named),
    )
    return {row["stripe_id"] for row in rows}

"""What sellers' endpoints were told and what they answered, for thirty days; and once more."""

# ruff: noqa: S608
# What is put together into SQL here are constants of ours.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from portal import clock
from portal.database import run_sql, transaction
from portal.deliveries.endpoint import EndpointIsOff
from portal.errors import NotFound
from portal.ids import new_id
from portal.operations.wake import wake

KEPT = timedelta(days=30)
BATCH = 1000

_SELECT = """SELECT delivery.id, delivery.event, delivery.endpoint, delivery.replay_of,
 delivery.state, delivery.attempts, delivery.next_at, delivery.status, delivery.took_ms,
 delivery.said, delivery.tried_at, delivery.done_at, delivery.created_at, event.type, event.site,
 event.customer, event.body
 FROM webhook_delivery AS delivery JOIN webhook_event AS event ON event.id = delivery.event
 WHERE event.company = {}"""
_FILTERS = {
    "endpoint": "delivery.endpoint",
    "state": "delivery.state",
    "event": "delivery.event",
    "type": "event.type",
    "customer": "event.customer",
}
_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_ANY_TIME: Mapping[Literal["gt", "gte", "lt", "lte"], datetime] = MappingProxyType({})
_REPLAY = """INSERT INTO webhook_delivery (id, event, endpoint, replay_of, state, attempts,
 next_at, said, created_at) SELECT {}, event, endpoint, id, 'waiting', 0, {}, '', {}
 FROM webhook_delivery AS former WHERE id = {} AND EXISTS
 (SELECT 1 FROM webhook_endpoint WHERE id = former.endpoint AND state = 'on')
 ON CONFLICT DO NOTHING RETURNING id"""
_AGAIN = """SELECT id, state FROM webhook_delivery WHERE event = {} AND endpoint = {}
 AND replay_of = {}"""
_OLD = "SELECT id FROM webhook_event WHERE created_at < {} ORDER BY created_at, id LIMIT {}"


class NoSuchDelivery(NotFound):
    """There is none by that id, or not of this company."""

    sentence = "We do not know that delivery."


@dataclass(frozen=True, slots=True)
class Told:
    """One event on its way to one endpoint: state is waiting, done, failed or skipped.

    `status` is of the last answer; where none came, `said` tells why, else the answer's beginning.
    `next_at` is when it is tried again, while it waits.
    """

    id: str
    event: str
    type: str
    site: str
    customer: str | None
    body: str
    endpoint: str
    replay_of: str
    state: str
    attempts: int
    status: int | None
    took_ms: int | None
    said: str
    next_at: datetime
    tried_at: datetime | None
    done_at: datetime | None
    created_at: datetime


async def list_deliveries(
    company: str,
    filters: Mapping[str, str],
    *,
    sites: Sequence[str] = (),
    created: Mapping[Literal["gt", "gte", "lt", "lte"], datetime] = _ANY_TIME,
    limit: int,
    after: str | None = None,
    before: str | None = None,
) -> list[Told]:
    """Return a company's deliveries, the newest first: up to `limit` behind `after`.

    With `before` they are those that come just before it. `filters` maps endpoint, state, event,
    type or customer to what it has to be; with `sites` they are only of these, and with `created`
    of between those moments.
    """
    where = ""
    values: list[Any] = [company]
    for name, value in filters.items():
        where, values = f"{where} AND {_FILTERS[name]} = {{}}", [*values, value]
    for name, moment in created.items():
        where, values = f"{where} AND delivery.created_at {_SIGNS[name]} {{}}", [*values, moment]
    if sites:
        places = ", ".join("{}" for _ in sites)
        where, values = f"{where} AND event.site IN ({places})", [*values, *sites]
    if after:
        where, values = f"{where} AND delivery.id < {{}}", [*values, after]
    if before:
        where, values = f"{where} AND delivery.id > {{}}", [*values, before]
    order = "" if before else " DESC"
    sql = f"{_SELECT}{where} ORDER BY delivery.id{order} LIMIT {{}}"
    rows = await run_sql(sql, *values, limit)
    return [_read(row) for row in (rows[::-1] if before else rows)]


async def find_delivery(company: str, delivery: str) -> Told:
    """Return a delivery of this company.

    Raises:
        NoSuchDelivery: there is none by that id.
    """
    rows = await run_sql(f"{_SELECT} AND delivery.id = {{}}", company, delivery)
    if not rows:
        raise NoSuchDelivery
    return _read(rows[0])


async def replay(company: str, delivery: str) -> Told:
    """Send an event once more to the endpoint, under its own id, whatever came of it before.

    Safe to repeat: while that one waits it is returned, and no third one made.

    Raises:
        NoSuchDelivery: there is none by that id.
        EndpointIsOff: nothing is sent there.
    """
    told = await find_delivery(company, delivery)
    async with transaction():
        made = await _send_again(told.id, told.event, told.endpoint)
    wake()
    return await find_delivery(company, made)


async def _send_again(delivery: str, event: str, endpoint: str) -> str:
    """Follow the chain of what was sent again to its end, and add to that."""
    while True:
        now = clock.now()
        if rows := await run_sql(_REPLAY, new_id("dlv"), now, now, delivery):
            return str(rows[0]["id"])
        rows = await run_sql(_AGAIN, event, endpoint, delivery)
        if not rows:
            raise EndpointIsOff
        delivery = rows[0]["id"]
        if rows[0]["state"] == "waiting":
            return delivery


async def forget_deliveries() -> None:
    """Delete what happened a month ago with all that was sent of it: so many at a time.

    What still waits goes too: its endpoint was off all that time. Safe to repeat.
    """
    old = clock.now() - KEPT
    async with transaction():
        await run_sql(f"DELETE FROM webhook_delivery WHERE event IN ({_OLD})", old, BATCH)
        await run_sql(f"DELETE FROM webhook_event WHERE id IN ({_OLD})", old, BATCH)


def _read(row: dict[str, Any]) -> Told:
    read = {name: row[name] for name in Told.__dataclass_fields__}
    for name in ("next_at", "tried_at", "done_at", "created_at"):
        read[name] = clock.stored_time(row[name])
    return Told(**read)

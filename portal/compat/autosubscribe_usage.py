"""Door 002: what was used is sent, and told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from litestar import get, post

from portal.compat import autosubscribe_models as models
from portal.compat.autosubscribe_place import ABOUT, NOT_FOUND, ONE, subscriber_of, told
from portal.compat.autosubscribe_words import milliseconds
from portal.subscriptions.usage_kept import Taken, Use
from portal.subscriptions.usage_sent import send_usage
from portal.subscriptions.usage_told import usage_told
from portal.web.programs.described import described
from portal.web.programs.handle import Answer, Call, program


@post(
    f"{ONE}/usage",
    opt=described(
        "usage:write",
        "Send usage",
        {202: models.Used},
        body=models.Readings,
        refusals={404: NOT_FOUND},
        examples={"one": [{"timestamp": 1795348800000, "meter_id": "articles", "qty": 26}]},
        **ABOUT,
    ),
)
@program
async def send_use(call: Call[models.Readings]) -> Answer:
    """Take readings: each is counted once for its customer, meter and time."""
    _, holder = await subscriber_of(call)
    readings = call.body.root
    uses = [_use(holder.customer, reading) for reading in readings]
    taken = await send_usage(call.caller.company, uses)
    return told([*map(_taken, readings, taken)], status=202)


@get(
    f"{ONE}/usage",
    opt=described(
        "subscriptions:read",
        "Get usage",
        {200: models.Totals},
        refusals={404: NOT_FOUND},
        **ABOUT,
    ),
)
@program
async def retrieve_use(call: Call[None]) -> Answer:
    """Tell what was used in the present period."""
    _, holder = await subscriber_of(call)
    return told([*map(_total, await usage_told(holder))])


def _use(customer: str, reading: models.Reading) -> Use:
    """Return a reading as a use, named by whose it is, by what and when: so it counts once."""
    name = f"{customer}|{reading.meter_id}|{reading.timestamp}"
    at = datetime.fromtimestamp(reading.timestamp / 1000, UTC)
    event_id = f"reading-{sha256(name.encode()).hexdigest()}"
    return Use(event_id, customer, reading.meter_id, str(reading.qty), at)


def _taken(reading: models.Reading, taken: Taken) -> dict[str, Any]:
    """Return what came of a reading."""
    return {
        "meter_id": reading.meter_id,
        "timestamp": reading.timestamp,
        "state": taken.state,
        "problem": taken.problem.code if taken.problem else None,
    }


def _total(total: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was used of one thing, as of when."""
    as_of = datetime.fromisoformat(total["as_of"]) if total["as_of"] else None
    return {
        "meter_id": total["meter"],
        "qty": total["quantity"],
        "timestamp": milliseconds(as_of),
    }

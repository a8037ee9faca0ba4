"""Which endpoints are told of something, remembered for two seconds: most storefronts have none."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from portal.database import run_sql
from portal.deliveries.event_types import is_wanted

_KEPT_S = 2.0
_LAST_SEEN: dict[str, tuple[float, tuple[Listener, ...]]] = {}


@dataclass(frozen=True, slots=True)
class Listener:
    """One endpoint that is on: of which storefront, and what it asks for."""

    id: str
    company: str
    site: str
    types: tuple[str, ...]


async def listeners_of(event_type: str, *, site: str) -> tuple[Listener, ...]:
    """Return the endpoints of a storefront that want to be told of this."""
    return tuple(
        one for one in await _all() if one.site == site and is_wanted(event_type, one.types)
    )


async def is_wanted_at(site: str, event_type: str) -> bool:
    """Tell whether any endpoint of a storefront wants to be told of this."""
    return bool(await listeners_of(event_type, site=site))


async def is_wanted_by_any(event_type: str, *, company: str | None = None) -> bool:
    """Tell whether any endpoint, of this company if one is named, wants to be told of this."""
    return any(
        is_wanted(event_type, one.types)
        for one in await _all()
        if company is None or one.company == company
    )


async def is_there_any() -> bool:
    """Tell whether any endpoint is on at all."""
    return bool(await _all())


def forget_listeners() -> None:
    """Read them anew at the next event: after a change in this process."""
    _LAST_SEEN.clear()


async def _all() -> tuple[Listener, ...]:
    """Read them at most every two seconds: a change reaches every process within that time."""
    read_at, known = _LAST_SEEN.get("all", (0.0, ()))
    if not read_at or time.monotonic() - read_at > _KEPT_S:
        rows = await run_sql(
            "SELECT id, company, site, types FROM webhook_endpoint WHERE state = 'on' ORDER BY id"
        )
        known = tuple(
            Listener(row["id"], row["company"], row["site"], tuple(json.loads(row["types"])))
            for row in rows
        )
        _LAST_SEEN["all"] = (time.monotonic(), known)
    return known

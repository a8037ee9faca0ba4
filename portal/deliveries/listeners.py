"""Which endpoints are told of something: as they are when it happens, whichever process made them.

Outside of a transaction nothing is told, only looked: there they are remembered for two seconds.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from portal.database import engine, run_sql
from portal.database.transactions import OpenTransaction
from portal.deliveries.event_types import is_wanted

_KEPT_S = 2.0
_SELECT = "SELECT id, company, site, types FROM webhook_endpoint WHERE state = 'on'"
_LAST_SEEN: dict[str, tuple[float, tuple[Listener, ...]]] = {}
# What each transaction found of a company: it asks once, however much it has to tell.
_FOUND: WeakKeyDictionary[OpenTransaction, dict[str, tuple[Listener, ...]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Listener:
    """One endpoint that is on: of which storefront, and what it asks for."""

    id: str
    company: str
    site: str
    types: tuple[str, ...]


async def listeners_of(event_type: str, *, company: str, site: str) -> tuple[Listener, ...]:
    """Return the endpoints of a company's storefront that want to be told of this."""
    return tuple(
        one for one in await _of(company) if one.site == site and is_wanted(event_type, one.types)
    )


async def is_wanted_at(event_type: str, *, company: str, site: str) -> bool:
    """Tell whether any endpoint of a storefront wants to be told of this."""
    return bool(await listeners_of(event_type, company=company, site=site))


async def is_wanted_by(company: str, event_type: str) -> bool:
    """Tell whether any endpoint of a company wants to be told of this."""
    return any(is_wanted(event_type, one.types) for one in await _of(company))


async def is_wanted_by_any(event_type: str) -> bool:
    """Tell whether any endpoint of anybody's wants to be told of this: up to two seconds late."""
    return any(is_wanted(event_type, one.types) for one in await _all())


async def is_there_any() -> bool:
    """Tell whether any endpoint is on at all: up to two seconds late."""
    return bool(await _all())


def forget_listeners() -> None:
    """Read them anew at the next look: after a change in this process."""
    _LAST_SEEN.clear()


async def _of(company: str) -> tuple[Listener, ...]:
    """Read a company's in the transaction that has something to tell: all that are made by then."""
    current = engine().current_transaction.get()
    if current is None:
        return tuple(one for one in await _all() if one.company == company)
    found = _FOUND.setdefault(current, {})
    if company not in found:
        rows = await run_sql(f"{_SELECT} AND company = {{}} ORDER BY id", company)
        found[company] = tuple(map(_read, rows))
    return found[company]


async def _all() -> tuple[Listener, ...]:
    read_at, known = _LAST_SEEN.get("all", (0.0, ()))
    if not read_at or time.monotonic() - read_at > _KEPT_S:
        known = tuple(map(_read, await run_sql(f"{_SELECT} ORDER BY id")))
        _LAST_SEEN["all"] = (time.monotonic(), known)
    return known


def _read(row: dict[str, Any]) -> Listener:
    return Listener(row["id"], row["company"], row["site"], tuple(json.loads(row["types"])))

"""How fast a key may ask: counted in this process, so that several let that many times as much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from math import ceil

from portal import clock
from portal.access.keys import Caller
from portal.access.limits import (
    MINUTE,
    Limit,
    RecentTries,
    after_one_more,
    network_of,
    never_more,
    seconds_to_wait,
)
from portal.errors import TooMany
from portal.sealing import fingerprint
from portal.web.client import address_of
from portal.web.scope import Scope

UNKNOWN_KEYS_PER_MINUTE = 20
_RECENT = [RecentTries()]
_MOST_KNOWN = 10_000
_KNOWN: dict[str, None] = {}
"""Fingerprints of keys that were live when they were last asked with, here; the oldest first."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What is left to a key now, and in how many seconds all of it is."""

    limit: int
    left: int
    reset_s: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that tell of it.

        Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
        """
        policy = f'"key";q={self.limit};w={MINUTE:.0f}'
        now = f'"key";r={self.left};t={self.reset_s}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", now.encode())]


def pace(scope: Scope, caller: Caller) -> None:
    """Count one request of a key; its answer says what is left, whatever it will be.

    Raises:
        TooMany: the key has asked for as much as it may.
    """
    limit = _limit(caller.per_minute)
    filled = _RECENT[0].take(caller.key_id, limit)
    now = clock.now().timestamp()
    empty_at = _RECENT[0].empty_at(caller.key_id) if filled is None else filled
    left = 0 if filled is None else int((now + limit.per_s * limit.burst - filled) // limit.per_s)
    told = Pace(caller.per_minute, left, max(0, ceil(empty_at - now)))
    scope.setdefault("portal.headers", []).extend(told.headers())
    if filled is None:
        raise TooMany(again_in=_wait(empty_at, now, limit))


def refuse_stranger(scope: Scope, text: str) -> None:
    """Look at a key no further that comes from where many were not live, unless we know it.

    Raises:
        TooMany: the network has sent as many as it may.
    """
    limit, now = _limit(UNKNOWN_KEYS_PER_MINUTE), clock.now().timestamp()
    empty_at = _RECENT[0].empty_at(_network(scope))
    is_full = after_one_more(empty_at, now, limit) is None
    if is_full and fingerprint(text) not in _KNOWN:
        raise TooMany(again_in=_wait(empty_at, now, limit))


def note_known(text: str) -> None:
    """Know a key that is live: whoever else shares its network cannot shut it out."""
    known = fingerprint(text)
    _KNOWN.pop(known, None)
    _KNOWN[known] = None
    if len(_KNOWN) > _MOST_KNOWN:
        del _KNOWN[next(iter(_KNOWN))]


def count_stranger(scope: Scope, text: str) -> None:
    """Count one key that is not live, by the network it came from.

    Raises:
        TooMany: it sent many within the minute.
    """
    _KNOWN.pop(fingerprint(text), None)
    key, limit = _network(scope), _limit(UNKNOWN_KEYS_PER_MINUTE)
    if not _RECENT[0].allow(key, limit):
        now = clock.now().timestamp()
        raise TooMany(again_in=_wait(_RECENT[0].empty_at(key), now, limit))


def _network(scope: Scope) -> str:
    return f"stranger {network_of(address_of(scope))}"


def forget_pace() -> None:
    """Start counting anew."""
    _RECENT[0] = RecentTries()
    _KNOWN.clear()


def _wait(empty_at: float, now: float, limit: Limit) -> timedelta:
    return timedelta(seconds=max(1.0, seconds_to_wait(empty_at, now, limit)))


@lru_cache(256)
def _limit(per_minute: int) -> Limit:
    return never_more(per_minute, MINUTE)

"""How often something may be tried: GCRA, one row per limited thing, or one number in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from portal import clock
from portal.database import run_sql, transaction
from portal.sealing import fingerprint

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass(frozen=True, slots=True)
class Limit:
    """So many at once (burst), and after that one more every per_s seconds."""

    per_s: float
    burst: int


def never_more(count: int, within_s: float) -> Limit:
    """Make the limit that lets at most count through in any stretch of within_s.

    A count of 0 lets nothing through. Three quarters may come at once; the rest trickles, so that
    the promise holds for every stretch and not only for those that begin on the hour.
    """
    burst = count - count // 4
    return Limit(per_s=within_s / (count - burst + 1), burst=burst)


def after_one_more(empty_at: float, now: float, limit: Limit) -> float | None:
    """Return when the bucket is empty again if one more goes in now; None if it would overflow."""
    filled = max(empty_at, now) + limit.per_s
    return filled if filled <= now + limit.per_s * limit.burst else None


def seconds_to_wait(empty_at: float, now: float, limit: Limit) -> float:
    """Return how long it takes until one more goes into the bucket."""
    return max(0.0, empty_at + limit.per_s - now - limit.per_s * limit.burst)


async def allow(key: str, *, per_s: float, burst: int) -> bool:
    """Count one more try of this thing, unless that is too many. Shared by all processes.

    Call it outside a transaction: a try counts even when what it tried is rolled back.
    """
    return await allow_all({key: Limit(per_s, burst)})


async def allow_all(limits: Mapping[str, Limit]) -> bool:
    """Count one more try under each of these, in order; tell whether none of them was full."""
    return await full_of(limits) is None


async def full_of(limits: Mapping[str, Limit], *, together: bool = False) -> str | None:
    """Count one more try under each of these, in order, until one of them is full: return its key.

    Every caller names its keys in the same order, so that two never wait for each other. What was
    counted before a full one stays so, unless they are counted `together` or not at all.
    """
    counted: dict[str, Limit] = {}
    async with transaction():
        for key, limit in limits.items():
            if not await _fits(key, limit):
                if together:
                    await _take_back(counted)
                return key
            counted[key] = limit
    return None


async def wait_before(limits: Mapping[str, Limit], *, together: bool = False) -> timedelta | None:
    """Count one more try as `full_of`; None, or how long to wait if one of them is full."""
    full = await full_of(limits, together=together)
    if full is None:
        return None
    now, limit = clock.now().timestamp(), limits[full]
    rows = await run_sql("SELECT empty_at FROM rate WHERE key = {}", fingerprint(full))
    empty_at = rows[0]["empty_at"] if rows else now
    return timedelta(seconds=max(1.0, seconds_to_wait(empty_at, now, limit)))


async def give_back(limits: Mapping[str, Limit]) -> None:
    """Take back what was counted under each of these, in order: nothing came of the try."""
    async with transaction():
        await _take_back(limits)


async def _take_back(limits: Mapping[str, Limit]) -> None:
    for key, limit in limits.items():
        less = "UPDATE rate SET empty_at = empty_at - {} WHERE key = {}"
        await run_sql(less, limit.per_s, fingerprint(key))


# The arithmetic of after_one_more, in the database's words: tests hold the two together.
_ONE_MORE = """
    INSERT INTO rate (key, empty_at) VALUES ({}, {})
    ON CONFLICT (key) DO UPDATE
    SET empty_at = (CASE WHEN rate.empty_at > {} THEN rate.empty_at ELSE {} END) + {}
    WHERE (CASE WHEN rate.empty_at > {} THEN rate.empty_at ELSE {} END) + {} <= {}
    RETURNING key
"""


async def _fits(key: str, limit: Limit) -> bool:
    """Take a place in the bucket. The key is hashed: the table names no address and no network."""
    if limit.burst < 1:
        return False
    now, one = clock.now().timestamp(), limit.per_s
    full = now + one * limit.burst
    rows = await run_sql(_ONE_MORE, fingerprint(key), now + one, now, now, one, now, now, one, full)
    return bool(rows)


class RecentTries:
    """The same limits in this process's memory, for paths too hot for a row per try.

    It forgets the emptiest buckets when it holds too many, so a flood of keys costs no memory.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._empty_at: dict[str, float] = {}
        self._most = most

    def allow(self, key: str, limit: Limit) -> bool:
        """Count one more try of this thing, unless that is too many."""
        return self.take(key, limit) is not None

    def take(self, key: str, limit: Limit) -> float | None:
        """Count one more try, and return when the bucket is empty again; None: it is full."""
        now = clock.now().timestamp()
        filled = after_one_more(self._empty_at.get(key, 0.0), now, limit)
        if filled is None:
            return None
        if len(self._empty_at) >= self._most:
            self._make_room()
        self._empty_at[key] = filled
        return filled

    def empty_at(self, key: str) -> float:
        """Return when this thing's bucket is empty again, or was."""
        return self._empty_at.get(key, 0.0)

    def _make_room(self) -> None:
        fullest = sorted(self._empty_at, key=self._empty_at.__getitem__, reverse=True)
        self._empty_at = {key: self._empty_at[key] for key in fullest[: self._most // 2]}


def network_of(address: str) -> str:
    """Return what one household or one server shares of an IP address: IPv6 down to its /64.

    What is no address comes back as it is, and so shares a bucket with its like.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return f"{IPv6Address(int(ip) >> 64 << 64)}/64"

"""Time zones: which there are to choose from, and the clocks of each."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@cache
def time_zones() -> tuple[str, ...]:
    """Return the zones to choose from, by region and place, such as Europe/Berlin."""
    from babel.core import get_global

    names = get_global("zone_territories")
    return tuple(sorted(name for name in names if "/" in name and not name.startswith("Etc/")))


def zone_of(name: str) -> tzinfo:
    """Return the zone of that name; UTC where we do not know it."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def in_zone(when: datetime, zone: str) -> datetime:
    """Return a moment by the clocks of this zone; by UTC where we do not know it."""
    return when.astimezone(zone_of(zone))

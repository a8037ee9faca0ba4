"""Time zones: which there are to choose from, and when something was by one of them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@cache
def time_zones() -> tuple[str, ...]:
    """Return the zones to choose from, by region and place, such as Europe/Berlin."""
    from babel.core import get_global

    names = get_global("zone_territories")
    return tuple(sorted(name for name in names if "/" in name and not name.startswith("Etc/")))


def in_zone(when: datetime, zone: str) -> datetime:
    """Return a moment by the clocks of this zone; by UTC where we do not know it."""
    try:
        return when.astimezone(ZoneInfo(zone) if zone else UTC)
    except (ZoneInfoNotFoundError, ValueError):
        return when.astimezone(UTC)

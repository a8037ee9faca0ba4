"""When something was, by somebody's own clocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from portal.amounts import write_by, written_date, written_moment
from portal.customers.time_zone import in_zone, time_zones, zone_of

NOON = datetime(2026, 12, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "there"),
    [
        ("Asia/Tokyo", "21:00 JST"),
        ("America/New_York", "07:00 EST"),
        ("", "12:00 UTC"),
        ("Mars/Olympus", "12:00 UTC"),
        ("../etc/passwd", "12:00 UTC"),
    ],
)
def test_a_moment_is_told_by_the_clocks_of_its_zone(zone: str, there: str) -> None:
    write_by(zone_of(zone))

    assert written_moment(NOON) == f"5 December 2026, {there}"


def test_a_day_begins_when_it_begins_there() -> None:
    write_by(zone_of("Pacific/Auckland"))

    assert written_date(NOON) == "6 December 2026"
    assert written_date(NOON.date()) == "5 December 2026"
    assert written_date(in_zone(NOON, "Asia/Tokyo")) == "5 December 2026"


@pytest.fixture(autouse=True)
def clocks_of_nobody() -> Iterator[None]:
    yield
    write_by(UTC)


def test_zones_are_named_by_region_and_place() -> None:
    assert {"Europe/Berlin", "Asia/Tokyo", "America/Argentina/Buenos_Aires"} <= set(time_zones())
    assert all("/" in zone and not zone.startswith("Etc/") for zone in time_zones())
    assert list(time_zones()) == sorted(time_zones())

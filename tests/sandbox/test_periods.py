"""Billing periods."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.sandbox.periods import period_end, shifted


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("anchor", "start", "interval", "count", "end"),
    [
        ("2026-01-31", "2026-01-31", "month", 1, "2026-02-28"),
        ("2026-01-31", "2026-02-28", "month", 1, "2026-03-31"),
        ("2024-02-29", "2024-02-29", "year", 1, "2025-02-28"),
        ("2024-02-29", "2027-02-28", "year", 1, "2028-02-29"),
        ("2026-01-01", "2026-01-01", "week", 2, "2026-01-15"),
        ("2026-01-15", "2026-01-01", "day", 30, "2026-01-15"),
        ("2020-01-31", "2035-06-30", "month", 3, "2035-07-31"),
    ],
)
def test_a_period_ends_a_whole_number_of_intervals_after_the_anchor(
    anchor: str, start: str, interval: str, count: int, end: str
) -> None:
    assert period_end(_at(anchor), _at(start), interval, count) == _at(end)


def test_a_month_before_a_short_one_keeps_its_day_where_it_can() -> None:
    assert shifted(_at("2026-03-31"), "month", -1) == _at("2026-02-28")

"""Billing periods: counted from an anchor, so that the 31st stays the month's last day."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

DAY_S = 24 * 3600
_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}


def period_end(anchor: int, start: int, interval: str, count: int) -> int:
    """Give the first moment after `start` that is a whole number of intervals from the anchor."""
    steps = max(0, _estimate(start - anchor, interval, count) - 1)
    while (end := shifted(anchor, interval, count * steps)) <= start:
        steps += 1
    return end


def shifted(moment: int, interval: str, count: int) -> int:
    """Move a moment by so many intervals."""
    if interval in _DAYS:
        return moment + int(timedelta(days=_DAYS[interval] * count).total_seconds())
    at = datetime.fromtimestamp(moment, UTC)
    months = at.year * 12 + at.month - 1 + _MONTHS[interval] * count
    year, month = divmod(months, 12)
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return int(at.replace(year=year, month=month + 1, day=day).timestamp())


def _estimate(seconds: int, interval: str, count: int) -> int:
    days = _DAYS.get(interval) or _MONTHS[interval] * 28
    return max(0, seconds) // (DAY_S * days * count + DAY_S * 3 * count * (interval in _MONTHS))

"""How far our clock is from Stripe's, as its answers tell it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

from portal import clock

TOLERATED = timedelta(seconds=30)
"""Beyond it somebody should look; at ten times as much every event is refused."""

_LOOK_EVERY_S = 10.0
_TELL_EVERY_S = 3600.0
# An answer that took longer says too little about when it was written.
_SLOW_S = 5.0
# The time that Stripe tells is cut to the second.
_CUT = timedelta(seconds=0.5)

log = logging.getLogger(__name__)


class Skew:
    """What the last answer told; None: nothing yet. Below zero: our clock is behind."""

    def __init__(self) -> None:
        self.ahead: timedelta | None = None
        self._look_at = self._tell_at = 0.0

    def note(self, took_s: float, headers: Mapping[str, str]) -> None:
        """Compare with an answer that has just come; the log is told, once an hour, of too much."""
        now, told = time.monotonic(), headers.get("Date")
        if now < self._look_at or took_s > _SLOW_S or not told:
            return
        try:
            self.ahead = measured(told, took_s)
        except (ValueError, TypeError):
            return
        self._look_at = now + _LOOK_EVERY_S
        if abs(self.ahead) > TOLERATED and now >= self._tell_at:
            self._tell_at = now + _TELL_EVERY_S
            log.warning("clock.skewed ahead_s=%+.0f: let NTP set it", self.ahead.total_seconds())


def measured(told: str, took_s: float) -> timedelta:
    """Return how far our clock is ahead of a Date that came just now, after so many seconds.

    Raises:
        ValueError, TypeError: it is no date, or of no time zone.
    """
    return clock.now() - timedelta(seconds=took_s / 2) - parsedate_to_datetime(told) - _CUT


def in_words(ahead: timedelta) -> str:
    """Say how far our clock is off."""
    which = "ahead of" if ahead > timedelta(0) else "behind"
    return f"Our clock is {abs(ahead.total_seconds()):.0f} s {which} Stripe's"

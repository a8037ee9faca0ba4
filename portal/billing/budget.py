"""How fast Stripe may be called from here, and when to leave it alone: plain rules of the time.

Stripe allows a live account 100 calls a second and each endpoint 25, a test account 25 in all.
Times are seconds of a clock that only goes forward.

Source: https://docs.stripe.com/rate-limits
"""

from __future__ import annotations

from dataclasses import dataclass

FAILURES = 5
"""So many failures in a row, and it counts as down."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_LONG_S = 5.0
_SAVED_UP_S = 0.2
_SLOWER, _LEAST, _FASTER_PER_S = 0.7, 0.05, 0.05


@dataclass
class Budget:
    """Calls that come back at a rate, and that learn.

    A fifth of a second's worth is saved up while nobody calls, so that no second holds more than
    1.2 times the rate: a test account's 20 stay below Stripe's 25.

    Whoever is told "too many" slows down at once, and then goes faster again little by little.
    """

    calls_per_s: float
    processes: int = 1
    _left: float = 0.0
    _counted_at: float = float("-inf")
    _share: float = 1.0
    _slowed_at: float = float("-inf")

    def rate(self, now: float) -> float:
        """Return how many calls a second this process may make now."""
        learned = min(1.0, self._share + _FASTER_PER_S * max(0.0, now - self._slowed_at))
        return self.calls_per_s / self.processes * learned

    def wait_s(self, now: float, *, spare: float = 0.0) -> float:
        """Return how long until a call may be made that leaves this part of what is saved up."""
        rate = self.rate(now)
        self._count(now, rate)
        return max(0.0, (1.0 + spare * self._most(rate) - self._left) / rate)

    def spend(self) -> None:
        """Make one call."""
        self._left -= 1.0

    def slow_down(self, now: float) -> None:
        """Take "too many" to heart; the many of one second count once."""
        if now - self._slowed_at >= 1.0:
            learned = self._share + _FASTER_PER_S * max(0.0, now - self._slowed_at)
            self._share = max(_LEAST, min(1.0, learned) * _SLOWER)
            self._slowed_at = now
        self._left = min(self._left, 0.0)

    def _count(self, now: float, rate: float) -> None:
        gone = max(0.0, now - self._counted_at)
        self._left = min(self._most(rate), self._left + gone * rate)
        self._counted_at = now

    @staticmethod
    def _most(rate: float) -> float:
        return max(2.0, rate * _SAVED_UP_S)


@dataclass
class Breaker:
    """Leaves alone who does not answer, and asks again with one call at a time: the probe.

    After FAILURES in a row it is open for 0.5 s, then for twice as long after each probe that
    fails, up to 30 s. What was under way when it opened says nothing new by failing too.
    """

    _failures: int = 0
    _pause_s: float = _FIRST_PAUSE_S
    _probe_at: float | None = None
    _opened_at: float = 0.0

    @property
    def is_open(self) -> bool:
        """Tell whether it counts as down."""
        return self._probe_at is not None

    def wait_s(self, now: float) -> float:
        """Return how long until the next call may be made; 0 for now."""
        return 0.0 if self._probe_at is None else max(0.0, self._probe_at - now)

    def begins(self, now: float) -> bool:
        """Note that a call is made; True for a probe, which is the only one for a time."""
        if self._probe_at is None:
            return False
        self._probe_at = now + self._pause_s
        return True

    def failed(self, now: float, *, is_probe: bool) -> None:
        """Note that a call had no answer, or one that says it is not well."""
        self._failures += 1
        if is_probe and self.is_open:
            self._pause_s = min(_LONGEST_PAUSE_S, self._pause_s * 2)
            self._probe_at = now + self._pause_s
        elif not self.is_open and self._failures >= FAILURES:
            self._opened_at, self._probe_at = now, now + self._pause_s

    def answered(self, now: float) -> bool:
        """Note that a call was answered; True when it was down for 5 s or more until now.

        Where only some calls fail, it opens and closes all the time: what then waits goes by its
        own pauses, and is not tried again at every answer to something else.
        """
        was_long = self.is_open and now - self._opened_at >= _LONG_S
        self._failures, self._pause_s, self._probe_at = 0, _FIRST_PAUSE_S, None
        return was_long

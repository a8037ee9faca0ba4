"""The request limit: so many a second in all and for each endpoint, and what came of each second.

Stripe's own limits are 100 a second in live mode, 25 in a sandbox, and 25 for each endpoint. They
are looked at before idempotency keys: a request that is refused has not begun.

Source: https://docs.stripe.com/rate-limits
"""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from portal.sandbox.errors import StripeError

REMEMBERED_S = 7200


class LimitReached(StripeError):
    """More requests came than the account may send."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            429,
            "Request rate limit exceeded. Learn more about rate limits here"
            " https://stripe.com/docs/rate-limits.",
            code="rate_limit",
            saved=False,
        )
        self.headers = {"Stripe-Rate-Limited-Reason": reason}


@dataclass(slots=True)
class Second:
    """What came of the requests of one second of real time."""

    second: int
    answered: int = 0
    refused: int = 0
    endpoints: Counter[str] = field(default_factory=Counter)
    """The answered ones by endpoint."""

    def described(self) -> dict[str, Any]:
        """Give it as JSON."""
        return {
            "second": self.second,
            "answered": self.answered,
            "refused": self.refused,
            "endpoints": dict(self.endpoints),
        }


class Gauge:
    """Lets requests in while the last second had room for them, and counts them all."""

    def __init__(self) -> None:
        self.per_second: float | None = None
        self.per_endpoint: float | None = None
        self.seconds: deque[Second] = deque(maxlen=REMEMBERED_S)
        self._let_in: dict[str, deque[float]] = {}

    def admit(self, endpoint: str) -> None:
        """Let one request in.

        Raises:
            LimitReached: the last second is full.
        """
        now = time.time()
        counted = self._second(int(now))
        limits = (
            ("", self.per_second, "global-rate"),
            (endpoint, self.per_endpoint, "endpoint-rate"),
        )
        for name, limit, reason in limits:
            if limit is not None and self._recent(name, now) >= limit:
                counted.refused += 1
                raise LimitReached(reason)
        counted.answered += 1
        counted.endpoints[endpoint] += 1
        for name, limit, _ in limits:
            if limit is not None:
                self._let_in[name].append(now)

    def _recent(self, name: str, now: float) -> int:
        moments = self._let_in.setdefault(name, deque())
        while moments and moments[0] <= now - 1:
            moments.popleft()
        return len(moments)

    def _second(self, now: int) -> Second:
        if not self.seconds or self.seconds[-1].second != now:
            self.seconds.append(Second(now))
        return self.seconds[-1]

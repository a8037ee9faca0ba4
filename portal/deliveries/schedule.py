"""When an event is tried again that an endpoint did not take: plain functions."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import uniform

# Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
STEPS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""How long to wait after each try that failed; after the last one it is given up."""
_LUCK = 0.1


def next_try(attempts: int, now: datetime, retry_after_s: float = 0.0) -> datetime | None:
    """Return when to try again after so many tries; None: not any more.

    An endpoint that asks us to wait is waited for up to what would be the next step.
    """
    if attempts > len(STEPS):
        return None
    step, longest = STEPS[attempts - 1], STEPS[min(attempts, len(STEPS) - 1)]
    asked = min(timedelta(seconds=max(0.0, retry_after_s)), longest)
    return now + max(step * uniform(1 - _LUCK, 1 + _LUCK), asked)  # noqa: S311 - no secret

"""When to try again, and under which key."""

from __future__ import annotations

from datetime import timedelta
from random import uniform

from portal.operations.step import Claimed

LONGEST_S = 300.0
_FIRST_S = 0.5


def delay(attempts: int) -> timedelta:
    """Return how long to wait after so many tries: 0.5 s doubling to 5 min, half of it luck."""
    doubled = _FIRST_S * 2.0 ** min(attempts - 1, 30)
    return timedelta(seconds=min(LONGEST_S, doubled) * uniform(0.5, 1.0))  # noqa: S311 - no secret


def key_of(op: Claimed, account: str) -> str:
    """Return the idempotency key of this try: made of the stored row and the account alone."""
    return f"onb:{account}:{op.op_id}:{op.kind}:{op.generation}"


def longest() -> timedelta:
    """Return how long to wait for what only an operator can mend."""
    return delay(64)

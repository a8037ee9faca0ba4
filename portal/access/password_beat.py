"""When a wrong password is answered: after as long for everybody as the dearest hash kept takes.

Hashes of other sites take up to a hundred times as long to verify as ours. Whoever counts the
time would else learn that an address is known, and from where its customer came.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

from portal.access.password_hashes import is_right
from portal.access.password_kinds import Scheme
from portal.access.password_work import beside
from portal.database import run_sql

LEAST_S = 0.5
"""Nobody is answered sooner."""
_FRESH_S = 600.0
# A machine that has much to do takes longer than when it was measured.
_MARGIN = 1.5
_DEAREST = "SELECT scheme, hash, work FROM password WHERE work > 0 ORDER BY work DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class _Measured:
    """How long the dearest hash takes on this machine, how much work it is, until when we know."""

    work: int
    took_s: float
    until: float


_last = [_Measured(0, 0.0, 0.0)]


async def beat() -> float:
    """Return the seconds between the moments at which wrong passwords are answered.

    Raises:
        TooMany: too many passwords are being hashed just now.
    """
    if _last[0].until < time.monotonic():
        _last[0] = await _measure(_last[0])
    return max(LEAST_S, _last[0].took_s * _MARGIN)


def rest_of(elapsed_s: float, beat_s: float) -> float:
    """Return how long to wait yet, until the next moment at which wrong passwords are answered."""
    return math.ceil(elapsed_s / beat_s) * beat_s - elapsed_s


def look_again() -> None:
    """Look anew which is the dearest: what was imported may be dearer than anything before."""
    _last[0] = replace(_last[0], until=0.0)


async def _measure(last: _Measured) -> _Measured:
    until = time.monotonic() + _FRESH_S
    rows = await run_sql(_DEAREST)
    if not rows:
        return _Measured(0, 0.0, until)
    dearest = rows[0]
    if dearest["work"] == last.work:
        return _Measured(last.work, last.took_s, until)
    took_s = await beside(_timed, dearest["scheme"], dearest["hash"])
    return _Measured(int(dearest["work"]), took_s, until)


def _timed(scheme: Scheme, stored: str) -> float:
    began = time.perf_counter()
    is_right(scheme, stored, "nobody's password")
    return time.perf_counter() - began

"""What a test or a person has told one account's Stripe to do wrong; a restart forgets it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from portal.sandbox.faults import Fault, Mixture
from portal.sandbox.limits import Gauge


@dataclass(slots=True)
class Conditions:
    """The weather that an account's requests meet."""

    faults: list[Fault | Mixture] = field(default_factory=list)
    gauge: Gauge = field(default_factory=Gauge)
    latency_s: float = 0.0
    date_skew_s: float = 0.0
    """How far the `Date` of answers is off."""
    keys_seen: Counter[str] = field(default_factory=Counter)
    """How idempotency keys fared: replays, mismatches, conflicts."""
    is_silent: bool = False
    """Whether what happens leaves no event."""
    emitted: int = 0
    """How many events there were to be."""

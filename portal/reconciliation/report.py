"""What a sweep found: values only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.operations.overdue import Overdue


class Outcome(Enum):
    """What becomes of a difference."""

    REPAIRED = "repaired"
    """Our copy was behind, or was not there."""
    ADOPTED = "adopted"
    """Stripe had what says it is ours and we had not."""
    DETACHED = "detached"
    """Stripe has it no longer; it is never made anew by itself."""
    SURPLUS = "surplus removed"
    """A double of something that we hold, and nobody could ever have paid with it."""
    REPORTED = "reported"
    """For somebody to look at: nothing is done."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of the report: an object at Stripe, what we say of it, what Stripe says.

    `fields` name what differs. Nothing in here is a person's.
    """

    stripe_id: str
    ours: str
    theirs: str
    outcome: Outcome
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.stripe_id}: {self.ours} / {self.theirs} / {self.outcome.value}"


@dataclass(slots=True)
class Report:
    """All that one sweep of one company found; problem says why it broke off, if it did."""

    company: str
    full: bool
    carried_out: bool
    differences: list[Difference] = field(default_factory=list)
    heard_again: int = 0
    overdue: list[Overdue] = field(default_factory=list)
    problem: str = ""

    @property
    def drift(self) -> int:
        """Return how many differences there were."""
        return len(self.differences)

    def outcomes(self) -> dict[str, int]:
        """Count the differences by what becomes of them."""
        return dict(Counter(found.outcome.value for found in self.differences))

    def lines(self) -> Iterator[str]:
        """Write it for people: each difference, then the figures."""
        for found in self.differences:
            yield str(found)
        for each in self.overdue:
            yield f"{each.op_id}: {each.kind} waits for Stripe ({each.reason or 'no answer yet'})"
        counted = ", ".join(f"{number} {name}" for name, number in self.outcomes().items())
        yield f"{self.company}: drift {self.drift}" + (f" ({counted})" if counted else "")
        if self.heard_again:
            yield f"{self.company}: {self.heard_again} events that had not reached us"
        if self.problem:
            yield f"{self.company}: not compared to the end ({self.problem})"

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "company": self.company,
            "sweep": "full" if self.full else "changed",
            "carried_out": self.carried_out,
            "drift": self.drift,
            "outcomes": self.outcomes(),
            "differences": [
                {
                    "object": found.stripe_id,
                    "ours": found.ours,
                    "stripe": found.theirs,
                    "action": found.outcome.value,
                }
                for found in self.differences
            ],
            "events_heard_again": self.heard_again,
            "operations_overdue": [
                {"operation": each.op_id, "kind": each.kind, "reason": each.reason}
                for each in self.overdue
            ],
            "problem": self.problem,
        }

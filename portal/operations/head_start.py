"""Let the worker of this process begin with what was just written, without looking for it.

The row is born under a lease, which saves a commit of its own. When nobody here has room, or the
process dies before it begins, it is claimed like every other.
"""

from __future__ import annotations

from typing import Protocol

from portal.operations.step import Claimed
from portal.operations.wake import wake


class Workplace(Protocol):
    """A worker at work in this process."""

    def has_room(self, company: str) -> bool:
        """Tell whether it could begin with something of this company at Stripe now."""

    def begin(self, op: Claimed) -> None:
        """Run an operation whose lease is held."""


_HERE: list[Workplace] = []


def open_workplace(place: Workplace) -> None:
    """Offer a head start from now on."""
    _HERE.append(place)


def close_workplace(place: Workplace) -> None:
    """Offer none any more."""
    if place in _HERE:
        _HERE.remove(place)


def find_room(company: str) -> Workplace | None:
    """Return who could begin at once with something of this company, if anybody here."""
    return next((place for place in _HERE if place.has_room(company)), None)


def begin(op: Claimed | None) -> None:
    """Begin with what was written, after its commit; without a lease on it, wake the worker.

    What was born under a lease begins even if the room was taken meanwhile: nobody else may.
    """
    if op and _HERE:
        _HERE[0].begin(op)
    else:
        wake()

"""What falls due: a moment, and what is done then."""

from __future__ import annotations

from collections.abc import Callable

from portal.sandbox.account import Account
from portal.sandbox.rows import Row

Due = tuple[int | None, Callable[[Account, Row], None]]
"""When, and what; without a moment it never comes."""


def next_due(dues: list[Due]) -> tuple[int, Callable[[Account, Row], None]] | None:
    """Give what comes first; of things at one moment, what is listed first."""
    coming = [(moment, do) for moment, do in dues if moment is not None]
    return min(coming, key=lambda each: each[0], default=None)

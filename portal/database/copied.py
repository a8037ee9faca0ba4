"""What a copy of the database holds, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Copied:
    """The newest migration of a copy, and the rows of each of its tables."""

    schema: str
    rows: Mapping[str, int]


class NoCopy(Exception):
    """There is no copy, or it is not whole; a part of a sentence says why."""

"""What a chaos test found out: written as a line of JSON each, for the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table, of one trial."""

    trial: str
    test: str
    mark: str
    got: str
    met: bool


class Figures:
    """Where a test says what came out."""

    def __init__(self, trial: str, database: str, into: Path | None) -> None:
        self._trial, self._database, self._into = trial, database, into

    def add(self, test: str, *, mark: str, got: str, met: bool) -> None:
        """Tell one figure: what was tried, what it should be, what it is, whether that will do."""
        named = f"{test}, {self._database}" if self._database else test
        told = Figure(self._trial, named, mark, got, met)
        if self._into:
            with self._into.open("a") as lines:
                lines.write(json.dumps(asdict(told)) + "\n")


def read_figures(path: Path) -> Iterator[Figure]:
    """Read what tests told."""
    for line in path.read_text().splitlines():
        yield Figure(**json.loads(line))

"""The table of figures: one text for the screen and for docs/reliability.md."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass

from tests.chaos.figures import Figure
from tests.postgres import NoPostgres, find_binaries

BEGIN = "<!-- chaos: written by make chaos -->"
END = "<!-- /chaos -->"
_HEAD = "| trial | what | mark | figure | met | on | seed |\n|---|---|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, and the run it is of."""

    trial: str
    test: str
    mark: str
    got: str
    met: str
    day: str
    seed: str


def row(figure: Figure, day: str, seed: int) -> Row:
    """Make the row of a figure."""
    texts = (figure.trial, figure.test, figure.mark, figure.got)
    trial, test, mark, got = (text.replace("|", "/") for text in texts)
    return Row(trial, test, mark, got, "yes" if figure.met else "**no**", day, str(seed))


def with_rows(page: str, rows: Sequence[Row], machine: str) -> str:
    """Return the page with these rows instead of those of the same trials.

    A table is of one machine: rows of another one go.

    Raises:
        ValueError: the page has no place for a table.
    """
    before, _, rest = page.partition(BEGIN)
    kept, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"no {BEGIN} … {END}")
    former = _rows(kept) if f"\n{machine}\n" in kept else []
    again = {each.trial for each in rows}
    all_rows = sorted(
        [each for each in former if each.trial not in again] + list(rows),
        key=lambda each: each.trial,
    )
    return f"{before}{BEGIN}\n\n{machine}\n\n{rendered(all_rows)}\n\n{END}{after}"


def rendered(rows: Collection[Row]) -> str:
    """Render rows in Markdown."""
    return "\n".join([_HEAD, *(f"| {' | '.join(astuple(each))} |" for each in rows)])


def _rows(text: str) -> list[Row]:
    lines = [line for line in text.splitlines() if line.startswith("| ")][1:]
    return [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines]


def describe_machine() -> str:
    """Say on what the figures were taken, without naming it."""
    return (
        f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {_postgres()}."
    )


def _postgres() -> str:
    try:
        told = subprocess.run(
            [find_binaries() / "postgres", "--version"], capture_output=True, text=True, check=True
        )
    except NoPostgres:
        return "no PostgreSQL"
    return f"PostgreSQL {told.stdout.split()[2]}"

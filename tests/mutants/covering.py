"""Which test runs which line, and how long it takes: found by running them all once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage
import pytest

from tests.mutants.changes import Change
from tests.mutants.running import run_tests

# Not these: they run the portal in other processes, where no line is seen.
_ELSEWHERE = (
    *("test_chaos_table.py", "test_cli.py", "test_demo.py", "test_serving.py", "test_wheel.py"),
)
# What a room cannot see of its own: columns are the schema's, limits are kept by access.
_ALSO = {"tables.py": "tests/database/test_schema.py", "limits.py": "tests/access/"}
_TOO_MANY = 5
_WITHIN_S = 3600.0
COVERED = "covered.json"


@dataclass(frozen=True, slots=True)
class Covering:
    """The tests of each line (by file and line number), and the seconds each test takes."""

    tests_of_line: dict[str, dict[int, tuple[str, ...]]]
    seconds: dict[str, float]

    def tests_for(self, path: str, change: Change | None, at_most_s: float) -> list[str]:
        """Return the tests to run for a change, the likeliest and quickest first.

        First those that run the line, then those that run others of its module: what is cached, or
        made when the module is imported, runs in one test and is used by all. What has only values
        is tested by its room.
        """
        lines, room = self.tests_of_line.get(path, {}), room_of(path)
        of_module = {test for tests in lines.values() for test in tests}
        of_line: set[str] = set()
        if change is None or change.runs_at_import:
            places = tuple(filter(None, (room, _ALSO.get(Path(path).name))))
            of_module |= {test for test in self.seconds if test.startswith(places)}
        else:
            of_line = {test for line in change.statement for test in lines.get(line, ())}
        ordered = [*self._ordered(of_line, path), *self._ordered(of_module - of_line, path)]
        twins = [test.replace("sqlite", "postgres") for test in ordered if "sqlite" in test]
        return list(self._within([*ordered, *twins], at_most_s))

    def _ordered(self, tests: set[str], path: str) -> list[str]:
        return sorted(tests, key=lambda test: self._order(test, path))

    def _order(self, test: str, path: str) -> tuple[bool, bool, float]:
        is_own = f"test_{Path(path).stem}.py" in test
        return not is_own, not test.startswith(room_of(path)), self.seconds[test]

    def _within(self, tests: Sequence[str], at_most_s: float) -> Iterator[str]:
        spent_s = 0.0
        for test in tests:
            spent_s += self.seconds.get(
                test, self.seconds.get(test.replace("postgres", "sqlite"), 0)
            )
            if spent_s > at_most_s:
                return
            yield test


def cover(tree: Path, paths: Collection[str]) -> Covering:
    """Run the tests of these files' rooms, and those of no room, and see which lines each runs.

    On SQLite: what runs on PostgreSQL too runs the same lines there. A test that fails without any
    change is named and left out.

    Raises:
        RuntimeError: they could not be run, or many failed: nothing is learned from mutants then.
    """
    into = tree.parent / COVERED
    rooms = sorted({room_of(path) for path in paths} - {"tests/"})
    others = [path for path in (tree / "tests").glob("test_*.py") if path.name not in _ELSEWHERE]
    places = [place for place in (*rooms, *_ALSO.values()) if (tree / place).exists()]
    asked = [f"--maxfail={_TOO_MANY}", "-k", "not postgres", *places, *map(str, sorted(others))]
    watch = _Watch(tree, paths, into)
    code, words = run_tests(tree, asked, watch, within_s=_WITHIN_S)
    failing = [line for line in words.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if code not in (0, 1) or len(failing) >= _TOO_MANY:
        raise RuntimeError(f"The tests fail without any change:\n{words[-5000:]}")
    for line in failing:
        print(f"left out: {line}", flush=True)
    return read(into)


def read(path: Path) -> Covering:
    """Read what an earlier look found."""
    found = json.loads(path.read_text())
    names = list(found["seconds"])
    lines = {
        file: {int(line): tuple(names[number] for number in tests) for line, tests in lines.items()}
        for file, lines in found["lines"].items()
    }
    return Covering(lines, found["seconds"])


def room_of(path: str) -> str:
    """Name the folder of the tests of a module."""
    parts = Path(path).parts
    return f"tests/{parts[1]}/" if len(parts) > 2 else "tests/"


class _Watch:
    """A plugin that notes the lines and the seconds of each test."""

    def __init__(self, tree: Path, paths: Collection[str], into: Path) -> None:
        self._tree, self._into = tree, into
        self._seconds: dict[str, float] = defaultdict(float)
        self._failed: set[str] = set()
        self._coverage = coverage.Coverage(
            data_file=None, config_file=False, include=[str(tree / path) for path in paths]
        )

    def pytest_configure(self) -> None:
        """Begin before anything of ours is imported."""
        self._coverage.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note lines for this test from here on."""
        self._coverage.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up the seconds, of what comes before and after a test too."""
        self._seconds[report.nodeid] += report.duration
        if report.failed:
            self._failed.add(report.nodeid)

    def pytest_runtest_logfinish(self) -> None:
        """Note no more for it."""
        self._coverage.switch_context("")

    def pytest_sessionfinish(self) -> None:
        """Write down what was found."""
        self._coverage.stop()
        seconds = {test: s for test, s in self._seconds.items() if test not in self._failed}
        numbers = {test: number for number, test in enumerate(seconds)}
        data = self._coverage.get_data()
        lines: dict[str, Any] = {}
        for file in data.measured_files():
            by_line = data.contexts_by_lineno(file)
            lines[str(Path(file).relative_to(self._tree))] = {
                line: sorted(numbers[test] for test in tests if test in numbers)
                for line, tests in by_line.items()
            }
        self._into.write_text(json.dumps({"seconds": seconds, "lines": lines}))

"""Change the copied tree, run the tests that should notice, and say whether one did."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from tests.mutants.changes import Change, changes_of
from tests.mutants.covering import Covering
from tests.mutants.running import Chosen, run_tests
from tests.mutants.trees import changed

_AT_MOST_S = 25.0
"""So many seconds of tests for one mutant, as they took when nothing was changed."""
_HANGS_AFTER_S = 30.0
_PASSED, _NO_TEST = 0, 5


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file (its path within the tree); None changes nothing, as a control."""

    path: str
    change: Change | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant."""

    mutant: Mutant
    outcome: str
    """killed, hangs, survived or untested."""
    tests: int
    diff: str
    words: str

    @property
    def is_killed(self) -> bool:
        """Tell whether the tests noticed; one that makes them hang is noticed, too."""
        return self.outcome in ("killed", "hangs")


def mutants_of(root: Path, paths: Sequence[Path]) -> list[Mutant]:
    """List every mutant of these files."""
    return [
        Mutant(str(path.relative_to(root)), change)
        for path in paths
        for change in changes_of(path.read_text())
    ]


def sample(mutants: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """Draw some of them; the same for the same seed and the same source."""
    return random.Random(seed).sample(mutants, min(size, len(mutants)))


def judge(mutant: Mutant, tree: Path, covering: Covering) -> Verdict:
    """Run the tests of a mutant until one fails."""
    path, change = tree / mutant.path, mutant.change
    former = path.read_text()
    source = change.made_in(former) if change else former
    tests = covering.tests_for(mutant.path, change, _AT_MOST_S)
    if not tests:
        return Verdict(mutant, "untested", 0, _diff(former, source), "")
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    chosen = Chosen(tests, lambda test: _HANGS_AFTER_S + 10 * covering.seconds.get(test, 0.0))
    with changed(path, source):
        code, words = run_tests(tree, ["-x", *files], chosen, within_s=_HANGS_AFTER_S)
    outcome = "survived" if code in (_PASSED, _NO_TEST) else "hangs" if code < 0 else "killed"
    return Verdict(mutant, outcome, len(tests), _diff(former, source), words)


def _diff(former: str, source: str) -> str:
    lines = unified_diff(former.splitlines(), source.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if line[:3] not in ("---", "+++") and line[:2] != "@@")

"""Change the source a little, many times, and see whether the tests notice: README.md beside this.

make mutants
python -m tests.mutants [PATH …] [--sample N] [--seed N] [--processes N] [--root FOLDER]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from textwrap import indent

from tests.chaos.table import describe_machine
from tests.mutants.covering import COVERED, Covering, cover, read
from tests.mutants.judging import Mutant, Verdict, judge, mutants_of, sample
from tests.mutants.modules import ROOT, paths
from tests.mutants.page import rendered, score_of, with_score
from tests.mutants.running import import_what_is_slow
from tests.mutants.trees import copied

PAGE = ROOT / "docs" / "reliability.md"
_SAMPLE, _SEED, _MARK = 300, 7, 85.0
_CONTROL_EVERY = 60


def main(given: Sequence[str] | None = None) -> int:
    """Judge a sample; 1 if fewer were noticed than the mark, or a control was."""
    asked = _read(given)
    every = mutants_of(asked.root, asked.paths or paths(asked.root))
    drawn = sample(every, asked.sample, asked.seed)
    print(f"{len(drawn)} of {len(every)} mutants, seed {asked.seed}", flush=True)
    if asked.root == ROOT:
        import_what_is_slow()
    with ExitStack() as stack:
        trees = [stack.enter_context(copied(asked.root)) for _ in range(asked.processes)]
        covering = _covering(trees[0], asked.covered, {mutant.path for mutant in every})
        print(f"{len(covering.seconds)} tests pass without a change", flush=True)
        judged = list(_told(_judged(_with_controls(drawn), trees, covering)))
    controls = [verdict for verdict in judged if not verdict.mutant.change]
    verdicts = [verdict for verdict in judged if verdict.mutant.change]
    false_alarms = [verdict for verdict in controls if verdict.is_killed]
    day = datetime.now(UTC).date().isoformat()
    machine = describe_machine()
    score = rendered(verdicts, of=len(every), seed=asked.seed, day=day, machine=machine)
    print(f"\n{score}\n\n{len(false_alarms)} of {len(controls)} controls noticed nothing's change")
    is_whole = len(verdicts) >= _SAMPLE and not asked.paths and asked.root == ROOT
    if is_whole and not false_alarms:
        PAGE.write_text(with_score(PAGE.read_text(), score))
    return 1 if false_alarms or score_of(verdicts) < _MARK else 0


def _covering(tree: Path, kept: Path | None, files: set[str]) -> Covering:
    """Look which test runs which line, or read what an earlier run kept."""
    if kept and kept.exists():
        return read(kept)
    covering = cover(tree, files)
    if kept:
        shutil.copy(tree.parent / COVERED, kept)
    return covering


def _with_controls(drawn: Sequence[Mutant]) -> list[Mutant]:
    """Put among them some that change nothing: a test that fails there fails by itself."""
    controls = [Mutant(mutant.path, None) for mutant in drawn[::_CONTROL_EVERY]]
    return [*controls, *drawn]


def _judged(
    mutants: Sequence[Mutant], trees: Sequence[Path], covering: Covering
) -> Iterator[Verdict]:
    """Judge them, each process in a tree of its own."""
    context = get_context("fork")
    free: SimpleQueue[Path] = context.SimpleQueue()
    for tree in trees:
        free.put(tree)
    with context.Pool(len(trees), _take_tree, (free, covering)) as pool:
        yield from pool.imap(_judge, mutants)


_mine: tuple[Path, Covering]


def _take_tree(free: SimpleQueue[Path], covering: Covering) -> None:
    global _mine
    _mine = free.get(), covering


def _judge(mutant: Mutant) -> Verdict:
    return judge(mutant, *_mine)


def _told(judged: Iterator[Verdict]) -> Iterator[Verdict]:
    """Tell of each as it is judged; of a survivor, where it is and what was changed."""
    began = time.monotonic()
    for number, verdict in enumerate(judged, 1):
        change = verdict.mutant.change
        where = f"{verdict.mutant.path}:{change.line} {change.kind}" if change else "control"
        took = f"{time.monotonic() - began:5.0f} s"
        print(
            f"{number:4} {took} {verdict.outcome:<8} {verdict.tests:4} tests  {where}", flush=True
        )
        if change and not verdict.is_killed:
            print(indent(verdict.diff, "       "), flush=True)
        if not change and verdict.is_killed:
            print(indent(verdict.words[-2000:], "       "), flush=True)
        yield verdict


def _read(given: Sequence[str] | None) -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m tests.mutants")
    reader.add_argument("paths", nargs="*", type=_file, metavar="PATH", help="only these files")
    reader.add_argument("--sample", type=int, default=_SAMPLE, help="how many to draw")
    reader.add_argument("--seed", type=int, default=_SEED, help="the dice")
    reader.add_argument("--processes", type=int, default=2, help="how many at a time")
    reader.add_argument("--covered", type=Path, help="keep here what covers what")
    reader.add_argument("--root", type=Path, default=ROOT, help="another tree")
    return reader.parse_args(given)


def _file(text: str) -> Path:
    path = Path(text).resolve()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text} is no file")
    return path


if __name__ == "__main__":
    sys.exit(main())

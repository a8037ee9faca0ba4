"""Run chaos trials one after another, and keep what came out: see README.md beside this file.

make chaos
python -m tests.chaos [NAME …] [--fast] [--seed N]
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.figures import Figure, read_figures
from tests.chaos.scale import FIGURES_INTO, SEED, SEED_GIVEN, TIER
from tests.chaos.table import describe_machine, row, with_rows

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "reliability.md"
_MINUTES = re.compile(r"^MINUTES = (\d+)$", re.MULTILINE)
_USUAL_MINUTES = 40


def main(given: Sequence[str] | None = None) -> int:
    """Run what was asked for; 1 if any mark was missed."""
    asked = _read(given)
    found: list[Figure] = []
    began = time.monotonic()
    for name in asked.names:
        figures = run(name, fast=asked.fast, seed=asked.seed)
        found += figures
        for figure in figures:
            print(_line(figure), flush=True)
        if not asked.fast:
            keep(figures, asked.seed)
    missed = [figure for figure in found if not figure.met]
    took_min = (time.monotonic() - began) / 60
    met = len(found) - len(missed)
    print(f"\n{met} of {len(found)} met in {took_min:.0f} min. {describe_machine()}")
    return 1 if missed else 0


def trials() -> list[str]:
    """Return the name of every trial."""
    return sorted(path.stem.removeprefix("test_") for path in HERE.glob("test_*.py"))


def run(name: str, *, fast: bool, seed: int) -> list[Figure]:
    """Run one trial in a process group of its own, and return its figures."""
    module = HERE / f"test_{name}.py"
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "figures"
        into.touch()
        given = {TIER: "fast" if fast else "long", SEED_GIVEN: str(seed), FIGURES_INTO: str(into)}
        print(f"\n{name}, seed {seed}", flush=True)
        began = time.monotonic()
        ended = _ended(module, os.environ | given)
        figures = list(read_figures(into))
        took_s = time.monotonic() - began
    good = ended == 0
    got = f"{took_s:.0f} s" if good else f"failed, {took_s:.0f} s"
    return [*figures, Figure(name, "the whole trial", "passes", got, good)]


def _ended(module: Path, environment: dict[str, str]) -> int:
    """Run the tests of a file; give what pytest ended with, or -1 if it never did."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(module),
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
    ]
    stated = _MINUTES.search(module.read_text())
    minutes = int(stated[1]) if stated else _USUAL_MINUTES
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        return process.wait(60 * minutes)
    except subprocess.TimeoutExpired:
        return -1
    finally:
        _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a trial: pytest and whoever it started."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
        except ProcessLookupError:
            return
        time.sleep(1)
        process.poll()


def keep(figures: Sequence[Figure], seed: int) -> None:
    """Write figures into the table of docs/reliability.md."""
    day = datetime.now(UTC).date().isoformat()
    rows = [row(figure, day, seed) for figure in figures]
    PAGE.write_text(with_rows(PAGE.read_text(), rows, describe_machine()))


def _line(figure: Figure) -> str:
    met = "met" if figure.met else "NOT MET"
    return f"  {figure.test:<58} {figure.got:<28} {figure.mark:<28} {met}"


def _read(given: Sequence[str] | None) -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m tests.chaos")
    known = trials()
    known_names = ", ".join(known)
    reader.add_argument("names", nargs="*", choices=[*known, []], metavar="NAME", help=known_names)
    reader.add_argument("--fast", action="store_true", help="the small sizes; writes nothing")
    reader.add_argument("--seed", type=int, help="the dice of an earlier run")
    asked = reader.parse_args(given)
    asked.names = asked.names or known
    if asked.seed is None:
        asked.seed = SEED if asked.fast else random.randrange(1, 10**6)
    return asked


if __name__ == "__main__":
    # Whoever ends us ends the trial that runs, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())

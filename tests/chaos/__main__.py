"""Run chaos trials, and keep what came out: see README.md beside this file.

make chaos
python -m tests.chaos [NAME …] [--fast] [--seed N]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.figures import Figure, read_figures
from tests.chaos.scale import FIGURES_INTO, SEED, SEED_GIVEN, TIER
from tests.chaos.table import describe_machine, row, with_rows

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "reliability.md"
_MINUTES = re.compile(r"^MINUTES = (\d+)$", re.MULTILINE)
_ALONE = re.compile(r"^ALONE = True$", re.MULTILINE)
_USUAL_MINUTES = 40
LANES = 3
PYTEST = ("-q", "--no-header", "-p", "no:cacheprovider")


def main(given: Sequence[str] | None = None) -> int:
    """Run what was asked for; 1 if any mark was missed."""
    asked = _read(given)
    began = time.monotonic()
    found = asyncio.run(_run_all(asked.names, fast=asked.fast, seed=asked.seed))
    missed = [figure for figure in found if not figure.met]
    took_min = (time.monotonic() - began) / 60
    met = len(found) - len(missed)
    print(f"\n{met} of {len(found)} met in {took_min:.0f} min. {describe_machine()}")
    return 1 if missed else 0


def trials() -> list[str]:
    """Return the name of every trial."""
    return sorted(path.stem.removeprefix("test_") for path in HERE.glob("test_*.py"))


async def _run_all(names: Sequence[str], *, fast: bool, seed: int) -> list[Figure]:
    """Run those that measure a wait one by one, then the others by threes, the longest first."""
    for us in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(us, _current_task().cancel)
    found: list[Figure] = []

    async def lane(waiting: list[str]) -> None:
        while waiting:
            figures = await run(waiting.pop(0), fast=fast, seed=seed)
            found.extend(figures)
            print("\n".join(map(_line, figures)), flush=True)
            if not fast:
                keep(figures, seed)

    await lane([name for name in names if _stated(_ALONE, name)])
    others = [name for name in names if not _stated(_ALONE, name)]
    others.sort(key=_minutes, reverse=True)
    async with asyncio.TaskGroup() as lanes:
        for _ in range(LANES):
            lanes.create_task(lane(others))
    return found


async def run(name: str, *, fast: bool, seed: int) -> list[Figure]:
    """Run one trial in a process group of its own, and return its figures."""
    with tempfile.TemporaryDirectory() as folder:
        into, told = Path(folder) / "figures", Path(folder) / "told"
        into.touch()
        given = {TIER: "fast" if fast else "long", SEED_GIVEN: str(seed), FIGURES_INTO: str(into)}
        print(f"\n{name}, seed {seed}, begins", flush=True)
        began = time.monotonic()
        ended = await _ended(name, os.environ | given, told)
        took_s = time.monotonic() - began
        figures = list(read_figures(into))
        print(f"\n{name}\n{told.read_text()}", flush=True)
    good = ended == 0
    got = f"{took_s:.0f} s" if good else f"failed, {took_s:.0f} s"
    return [*figures, Figure(name, "the whole trial", "passes", got, good)]


async def _ended(name: str, environment: Mapping[str, str], told: Path) -> int:
    """Run the tests of a file; give what pytest ended with, or -1 if it never did."""
    pytest = [sys.executable, "-m", "pytest", str(_file(name)), *PYTEST]
    with told.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *pytest, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        return await asyncio.wait_for(process.wait(), 60 * _minutes(name))
    except TimeoutError:
        return -1
    finally:
        _end_group(process.pid)


def _end_group(group: int) -> None:
    """End what is left of a trial: pytest and whoever it started."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(group, how)
        except ProcessLookupError:
            return
        time.sleep(1)


def _file(name: str) -> Path:
    return HERE / f"test_{name}.py"


def _stated(what: re.Pattern[str], name: str) -> re.Match[str] | None:
    return what.search(_file(name).read_text())


def _minutes(name: str) -> int:
    stated = _stated(_MINUTES, name)
    return int(stated[1]) if stated else _USUAL_MINUTES


def _current_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task is not None
    return task


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
    sys.exit(main())

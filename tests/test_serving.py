"""Several processes behind one port: one that dies comes back, and all of them end when told."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from portal.database import run_sql
from portal.serving import STOP_S
from tests.databases import ON_SQLITE
from tests.limits import lift_limits
from tests.onboarding.conftest import shop
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.people import ADA
from tests.processes import environment, free_port

__all__ = ["shop"]

WITHIN_S = 90.0
HERE = {"sec-fetch-site": "same-origin"}


class Served:
    """A `portal serve`, and what it has logged so far."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, log: Path) -> None:
        self.process, self.url, self._log = process, url, log

    def born(self) -> list[int]:
        """List every process that began to serve, in order."""
        return [int(pid) for pid in re.findall(r"Started server process \[(\d+)\]", self.log())]

    def log(self) -> str:
        return self._log.read_text()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not is_so():  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@asynccontextmanager
async def serving(folder: Path, workers: int = 2) -> AsyncIterator[Served]:
    """Run the command in this folder as an operator does; wait until every process serves."""
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", folder / "log"
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "portal.cli", "serve", "--port", str(port)),
            *("--workers", str(workers)),
            cwd=folder,
            env=environment(base_url=url),
            stderr=written,
        )
    served = Served(process, url, log)
    try:
        await served.until(lambda: len(served.born()) == workers)
        yield served
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def lives(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def sign_up(url: str, email: str) -> None:
    """Sign up as a person does: whoever sees the connection break, sends the form again."""
    for _ in range(20):
        with suppress(httpx.TransportError):
            async with httpx.AsyncClient(
                base_url=url, headers=HERE, timeout=WITHIN_S, verify=False
            ) as http:
                answer = await Visitor(http).sign_up(ADA | {"email": email})
                assert answer.status_code == 303, answer.text
                return
        await asyncio.sleep(0.1)
    raise AssertionError("It never answered.")


async def test_one_that_is_killed_comes_back_and_sign_ups_go_on(shop: Shop, tmp_path: Path) -> None:
    await lift_limits()
    signed_up = 0
    async with serving(tmp_path) as served:

        async def keep_signing_up() -> None:
            nonlocal signed_up
            while len(served.born()) < 3 or signed_up < 4:
                await sign_up(served.url, f"ada{signed_up}@lovelace.example")
                signed_up += 1

        first, second = served.born()
        going_on = asyncio.create_task(keep_signing_up())
        await served.until(lambda: signed_up > 1)
        os.kill(first, signal.SIGKILL)
        await asyncio.wait_for(going_on, WITHIN_S)
        third = served.born()[2]

        assert lives(second)
        assert lives(third)
        assert "serve.process_ended" in served.log()

        served.process.terminate()
        await asyncio.wait_for(served.process.wait(), 2 * STOP_S)

    assert served.process.returncode == 0
    assert not [pid for pid in served.born() if lives(pid)]
    await run_sql("UPDATE operation SET lease_until = created_at")  # what the killed one held
    await shop.work_in_the_end()
    assert await run_sql("SELECT COUNT(*) AS n FROM customer") == [{"n": signed_up}]
    assert await shop.counts() == (signed_up, signed_up)


@ON_SQLITE
async def test_they_end_with_the_one_that_started_them(shop: Shop, tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        served.process.kill()
        await served.process.wait()

        await served.until(lambda: not [pid for pid in served.born() if lives(pid)])


@ON_SQLITE
async def test_what_lies_in_the_folder_they_are_started_from_is_not_the_portal(
    shop: Shop, tmp_path: Path
) -> None:
    (tmp_path / "portal.py").write_text("raise SystemExit('This is not the portal.')")

    async with serving(tmp_path) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=WITHIN_S, verify=False) as http:
            assert (await http.get("/healthz")).status_code == 200
        assert "serve.process_ended" not in served.log()


@ON_SQLITE
async def test_told_to_stop_they_end_in_time_though_stripe_hangs(
    shop: Shop, tmp_path: Path
) -> None:
    await shop.stripe.fault(match="POST /v1/customers", fault="hang")
    async with serving(tmp_path) as served:
        await sign_up(served.url, "ada@lovelace.example")

        served.process.terminate()
        await asyncio.wait_for(served.process.wait(), 2 * STOP_S)

    leases = await run_sql("SELECT lease_until FROM operation WHERE lane LIKE 'stripe:%'")
    assert "serve.process_killed" not in served.log()
    assert [row["lease_until"] for row in leases] == [None, None]
    await shop.stripe.mend()
    await shop.work_in_the_end()
    assert await shop.counts() == (1, 1)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path, workers: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = subprocess.run(
            [sys.executable, "-m", "portal.cli", "serve", "--port", port, "--workers", workers],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert refused.returncode == 1
    assert f"Cannot listen on 127.0.0.1, port {port}" in refused.stderr.replace("\n", " ")
    assert "Traceback" not in refused.stderr

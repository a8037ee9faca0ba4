"""Told to stop: what is under way ends, and what does not is given back at once."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from portal import clock
from portal.billing.inbox import keep
from portal.billing.stripe_events import BillingEvent
from portal.database import run_sql
from portal.serving import STOP_S
from tests.onboarding.conftest import shop
from tests.onboarding.shop import Shop
from tests.processes import environment
from tests.test_serving import serving, sign_up

__all__ = ["shop"]

WITHIN_S = 90.0
_LEASED = """
SELECT lease_token FROM operation WHERE lease_token IS NOT NULL
UNION ALL SELECT lease_token FROM inbox_event WHERE lease_token IS NOT NULL"""


async def leased() -> list[dict[str, Any]]:
    """Return what waits for a lease to run out."""
    return await run_sql(_LEASED)


async def states(table: str) -> set[str]:
    return {row["state"] for row in await run_sql(f"SELECT state FROM {table}")}


async def event_comes_in(shop: Shop) -> None:
    event = BillingEvent("evt_1", "any", "cus_stranger", clock.now(), False, None, "0" * 64)
    await keep(shop.site.company_id, event, accepted=True)


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not await is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@asynccontextmanager
async def working(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `portal work` as an operator does."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "portal.cli", "work"),
        cwd=folder,
        env=environment(),
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_an_event_that_does_not_end_is_given_back(shop: Shop) -> None:
    await shop.stripe.fault(match="GET /v1/customers/*", fault="hang")
    await event_comes_in(shop)
    await shop.worker.start()
    await until(lambda: _is_leased())

    await shop.worker.stop(0.2)

    assert await leased() == []
    assert await states("inbox_event") == {"new"}
    await shop.stripe.mend()
    await shop.work()
    assert await states("inbox_event") == {"ignored"}


async def test_a_worker_alone_ends_what_is_under_way(shop: Shop, tmp_path: Path) -> None:
    slow = {"fault": "delay", "delay": 6.0}
    await shop.stripe.fault(match="POST /v1/customers", **slow)
    await shop.stripe.fault(match="GET /v1/customers/*", **slow)
    await shop.sign_up()
    await event_comes_in(shop)
    async with working(tmp_path) as process:
        await until(lambda: _is_leased(2))

        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), WITHIN_S)

    assert process.returncode == 0
    assert await leased() == []
    assert await states("inbox_event") == {"ignored"}
    (made,) = await run_sql("SELECT state FROM operation WHERE kind = 'create_customer'")
    assert made["state"] == "done"


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_proxy_sees_that_it_stops_before_anybody_is_turned_away(
    workers: int, shop: Shop, tmp_path: Path
) -> None:
    await shop.stripe.fault(match="POST /v1/customers", fault="delay", delay=5.0)
    async with serving(tmp_path, workers) as served:
        async with httpx.AsyncClient(verify=False) as http:
            ready = await http.get(f"{served.url}/readyz")
        signing_up = asyncio.create_task(sign_up(served.url, "ada@lovelace.example"))
        await until(lambda: _is_leased())
        served.process.terminate()

        answers = await _ask_until_refused(served.url)
        stopping = await asyncio.wait_for(served.process.wait(), 2 * STOP_S)
        await signing_up

    assert ready.status_code == 200
    assert set(answers[:-1]) <= {200, 503}
    assert answers.count(503) > 1
    assert stopping == (0 if workers > 1 else -signal.SIGTERM)
    assert "serve.process_killed" not in served.log()
    assert await leased() == []


async def _ask_until_refused(url: str) -> list[int]:
    """Ask on a new connection each time whether it is ready, until nobody answers (0)."""
    answers: list[int] = []
    while not answers or answers[-1]:
        try:
            # Longer than it may take to stop: who is kept waiting until then, finds it out.
            async with httpx.AsyncClient(timeout=2 * STOP_S, verify=False) as http:
                answers.append((await http.get(f"{url}/readyz")).status_code)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            answers.append(0)
        await asyncio.sleep(0.02)
    return answers


async def _is_leased(count: int = 1) -> bool:
    return len(await leased()) >= count

"""Portals behind a proxy are restarted one by one: who signs up meanwhile notices nothing."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp
import pytest

from portal.database import run_sql
from tests.chaos.browsers import Browser, many_browsers
from tests.chaos.crowd import Crowd
from tests.chaos.figures import Figures
from tests.chaos.proxy import Proxy, proxy_before
from tests.chaos.scale import scaled
from tests.chaos.tally import tally, until_done
from tests.limits import lift_limits
from tests.onboarding.shop import Shop
from tests.processes import environment, free_port

PLACES = 2
RESTARTS = scaled(1, 50)
PEOPLE = scaled(8, 600)
SPREAD_S = scaled(4.0, 300.0)
# Longer than any call of ours takes, and less than a lease lasts.
GIVEN_BACK_WITHIN_S = 30.0
KNOCKS = 10
_LEASED = """
SELECT lease_token FROM operation WHERE lease_token IS NOT NULL
UNION ALL SELECT lease_token FROM inbox_event WHERE lease_token IS NOT NULL"""


@dataclass
class Fleet:
    """Portals behind a proxy, by their ports."""

    proxy: Proxy
    running: dict[int, asyncio.subprocess.Process] = field(default_factory=dict)

    async def start(self, port: int) -> None:
        """Start a portal there, and wait until the proxy knows."""
        self.running[port] = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "portal.cli", "serve", "--port", str(port)),
            env=environment(base_url=self.proxy.url),
        )
        await self.proxy.until(port, ready=True)

    async def stop(self, port: int, how: signal.Signals = signal.SIGTERM) -> None:
        """Tell one to end, as a deployment does, and wait until it has."""
        process = self.running.pop(port)
        process.send_signal(how)
        await process.wait()


@asynccontextmanager
async def fleet() -> AsyncIterator[Fleet]:
    """Start as many portals as there are places, and end them."""
    ports = [free_port() for _ in range(PLACES)]
    async with proxy_before(ports) as proxy:
        started = Fleet(proxy)
        try:
            await asyncio.gather(*(started.start(port) for port in ports))
            yield started
        finally:
            for process in started.running.values():
                # As at a keyboard: without the seconds in which a proxy sees that it stops.
                process.send_signal(signal.SIGINT)
            await asyncio.gather(*(process.wait() for process in started.running.values()))


# Fifty take six minutes: on the database on which portals are deployed one by one.
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_who_signs_up_meanwhile_notices_nothing(shop: Shop, figures: Figures) -> None:
    await lift_limits()
    crowd, kept = Crowd(PEOPLE), 0
    async with fleet() as portals:
        ports = list(portals.running)
        coming = asyncio.create_task(crowd.come([portals.proxy.url], spread_s=SPREAD_S))
        for number in range(RESTARTS):
            await asyncio.sleep(SPREAD_S / RESTARTS / 10)
            await portals.stop(ports[number % PLACES])
            kept += await _count_kept(await _leased())
            await portals.start(ports[number % PLACES])
        await coming
        await until_done(120)
        found = await tally(shop, crowd.acknowledged)
        broken = crowd.answers["broken off"] + portals.proxy.cut_off
        portals.proxy.asks = False
        await portals.proxy.until(ports[0], ready=True)
        await portals.stop(ports[0], signal.SIGINT)
        lost = await _count_lost(portals.proxy)

    figures.add(
        f"{RESTARTS} × restarted one after another behind a proxy during {PEOPLE} sign-ups",
        mark="0 connections broken, 0 × 5xx, one of each",
        got=f"{broken} broken, {crowd.errors} × 5xx; {found}",
        met=not broken and not crowd.errors and found.is_right,
    )
    figures.add(
        "… what waits for the lease of one that ended", mark="0", got=str(kept), met=not kept
    )
    figures.add(
        f"{KNOCKS} tries by a proxy that does not ask who is ready (control)",
        mark="some broken",
        got=f"{lost} broken",
        met=lost > 0,
    )
    assert broken == 0
    assert crowd.errors == 0
    assert found.is_right, found
    assert len(crowd.acknowledged) == PEOPLE
    assert kept == 0
    assert lost > 0


async def _leased() -> set[str]:
    return {row["lease_token"] for row in await run_sql(_LEASED)}


async def _count_kept(leases: set[str]) -> int:
    """Count those that nobody gives back: whoever lives is done long before a lease runs out."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GIVEN_BACK_WITHIN_S):
            while leases:
                await asyncio.sleep(0.1)
                leases = leases & await _leased()
    return len(leases)


async def _count_lost(proxy: Proxy) -> int:
    """Knock a few times; some browsers knock once more by themselves, so the proxy counts."""
    before = proxy.cut_off
    async with many_browsers(1) as http:
        for _ in range(KNOCKS):
            with suppress(aiohttp.ClientError):
                await Browser(http, proxy.url).read_form()
    return proxy.cut_off - before

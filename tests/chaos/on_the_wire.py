"""What goes wrong on the wire to Stripe: who asked dies, the answer comes late, or never."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from portal.billing.gateway import gateway_of
from portal.worker import Worker
from tests.chaos.town import LEASE_OVER, Town

_LATE_S = 0.3
_PATIENCE_S = 0.4


async def crash(town: Town, *, after_effect: bool) -> None:
    """Let a worker die while Stripe is at its next call; its leases run out later."""
    async with _one_fault(town, fault="hang", when=_when(after_effect)):
        dying = Worker()
        life = asyncio.create_task(dying.run_until_idle())
        await _until_struck(town, life)
        town.seen["crashed at Stripe"] += not life.done()
        tasks = [life, *dying._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def answer_late(town: Town) -> None:
    """Have an answer come when another worker has long taken over what it is the answer to."""
    async with _one_fault(town, fault="delay", when="after", delay=_LATE_S):
        waiting = asyncio.create_task(Worker().run_until_idle())
        await _until_struck(town, waiting)
        town.seen["an answer came late"] += not waiting.done()
        await town.there.pass_time(LEASE_OVER)
        await town.work()
        await waiting


async def hang(town: Town, *, after_effect: bool, who: str | None) -> None:
    """Have no answer come: the worker gives up waiting, or a person who pressed a button does."""
    transport = (await gateway_of(town.shop.site.company_id)).transport
    patient = transport._timeout
    async with _one_fault(town, "* /v1/*", fault="hang", when=_when(after_effect)):
        transport._timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
        try:
            await (town.people.press_billing(who, who) if who else town.work())
        finally:
            transport._timeout = patient
        town.seen["no answer came"] += await _is_struck(town)


@asynccontextmanager
async def _one_fault(town: Town, match: str = "POST /v1/*", **fault: Any) -> AsyncIterator[None]:
    """Let this go wrong once, and nothing else; then what went wrong before."""
    await town.shop.stripe.mend()
    await town.shop.stripe.fault(match=match, times=1, **fault)
    yield
    await town.there.go_wrong_again()


async def _until_struck(town: Town, life: asyncio.Task[None]) -> None:
    while not life.done() and not await _is_struck(town):  # noqa: ASYNC110 - Stripe tells
        await asyncio.sleep(0.005)


async def _is_struck(town: Town) -> bool:
    faults = (await town.shop.stripe.control("GET", "/faults"))["faults"]
    return any(fault["struck"] for fault in faults)


def _when(after_effect: bool) -> str:
    return "after" if after_effect else "before"

"""Two workers whose clocks are an hour apart take each other's leases: nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from portal.database import run_sql
from tests.chaos.figures import Figures
from tests.chaos.portals import portals
from tests.chaos.scale import scaled
from tests.chaos.tally import tally, until_done
from tests.onboarding.shop import Shop

PEOPLE = scaled(6, 200)
DONE_WITHIN_S = scaled(60.0, 300.0)
# Longer than a worker leaves between two rounds, so that each finds the other's leases.
CALL_S = 1.0
HOUR_S = 3600


@pytest.mark.parametrize("ahead_s", [HOUR_S, -HOUR_S], ids=["ahead", "behind"])
async def test_an_hour_between_two_workers_doubles_nothing(
    ahead_s: int, shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    async with _two_workers(shop, tmp_path, ahead_s=ahead_s) as emails:
        took_s = await until_done(DONE_WITHIN_S)

    found, most_tries = await tally(shop, emails), await _most_tries()
    figures.add(
        f"{PEOPLE} sign-ups, one of two workers an hour {'ahead' if ahead_s > 0 else 'behind'}",
        mark="exactly one of each",
        got=f"{found}; done in {took_s:.0f} s, with up to {most_tries} tries",
        met=found.is_right,
    )
    assert found.is_right, found
    # To whom it is an hour earlier, what is owed is not due yet: only one that is ahead takes it.
    assert most_tries > 1 or ahead_s < 0, "They never took anything from each other."


async def test_with_a_key_for_each_try_there_are_doubles(shop: Shop, tmp_path: Path) -> None:
    """The negative control."""
    async with _two_workers(shop, tmp_path, ahead_s=HOUR_S, fresh_keys=True):
        async with asyncio.timeout(DONE_WITHIN_S):
            while len(await shop.stripe.objects("customer")) <= PEOPLE:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


@asynccontextmanager
async def _two_workers(shop: Shop, folder: Path, **order: Any) -> AsyncIterator[list[str]]:
    """Sign people up while a worker of this process and one of another clock are at it."""
    await shop.stripe.fault(match="POST /v1/*", fault="delay", delay=CALL_S)
    emails = [f"ada{number}@lovelace.example" for number in range(PEOPLE)]
    await shop.worker.start()
    try:
        async with portals(folder, places=1, **order):
            for email in emails:
                await shop.sign_up(email=email)
            yield emails
    finally:
        await shop.worker.stop()


async def _most_tries() -> int:
    (row,) = await run_sql("SELECT MAX(attempts) AS most FROM operation WHERE lane LIKE 'stripe:%'")
    return int(row["most"])

"""Portals are killed all the while people sign up, and Stripe fails: one of each, none besides."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from portal.operations.claim import LEASE
from tests.chaos.crowd import Crowd
from tests.chaos.figures import Figures
from tests.chaos.portals import portals
from tests.chaos.scale import IS_LONG, SEED, scaled
from tests.chaos.tally import Tally, tally, until_done
from tests.limits import lift_limits
from tests.onboarding.shop import Shop
from tests.reconciliation.conftest import Swept

MINUTES = 60
RUNS = scaled(1, 3)
PEOPLE = scaled(30, 1000)
KILLS = scaled(5, 200)
PORTALS = 3
DONE_WITHIN_S = 120.0
WHAT = f"{PEOPLE} sign-ups, {PORTALS} processes, {KILLS} × kill -9, 30 % faults"
# What Stripe finishes late comes when all is counted, so that no double can pass for one of those.
_LATE_S = 3600
# A call that hangs ends after 20 s, which is as long as all of the small tier may take.
_HANGING = scaled(0.0, 0.01)

ROUGH = {
    "reset": 0.04,
    "reset_after": 0.05,
    "hang": _HANGING,
    "hang_after": _HANGING,
    "limited": 0.03,
    "limited_retry": 0.01,
    "lock_timeout": 0.02,
    "key_in_use": 0.02,
    "error": 0.01,
    "unavailable": 0.02,
    "saved_500": 0.02,
    "saved_500_after": 0.04,
}
LATE = 0.02
"""Three in ten calls that change something, these among them."""
ROUGH_READS = {"reset": 0.04, "limited": 0.03, "unavailable": 0.03}


@pytest.mark.parametrize("run", range(RUNS))
async def test_whoever_was_acknowledged_is_made_once(
    shop: Shop, figures: Figures, tmp_path: Path, run: int
) -> None:
    found, took_s = await _count_after_crashes(shop, tmp_path, seed=SEED + run)
    struck = await _let_late_ones_come(shop)
    await Swept(shop).sweep()
    swept = await tally(shop, found.emails)
    keys = await shop.stripe.control("GET", "/idempotency")

    figures.add(WHAT, mark="one of each, 0 orphans", got=str(found), met=found.is_right)
    figures.add(
        "… and when Stripe has made what it put off, after one sweep",
        mark="one of each, 0 orphans",
        got=str(swept),
        met=swept.is_right,
    )
    figures.add(
        "… done after the last start and sign-up",
        mark=f"≤ {DONE_WITHIN_S:.0f} s" if IS_LONG else "none",
        got=f"{took_s:.0f} s",
        met=not IS_LONG or took_s <= DONE_WITHIN_S,
    )
    assert found.acknowledged == PEOPLE
    assert found.is_right, found
    assert swept.is_right, swept
    assert keys["mismatches"] == 0
    assert struck > PEOPLE // 10


async def test_with_a_fresh_key_for_each_try_there_are_doubles(
    shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    """The negative control: without the key, the same count finds customers made twice."""
    people, kills = scaled(PEOPLE, 200), scaled(KILLS, 40)
    found, _ = await _count_after_crashes(
        shop, tmp_path, seed=SEED, people=people, kills=kills, fresh_keys=True
    )

    figures.add(
        f"{people} of them with a fresh key for each try (control)",
        mark="doubles",
        got=f"{len(found.doubled)} doubled, {len(found.orphans)} orphans",
        met=bool(found.doubled),
    )
    assert found.doubled


async def _count_after_crashes(
    shop: Shop,
    folder: Path,
    *,
    seed: int,
    people: int = PEOPLE,
    kills: int = KILLS,
    **order: Any,
) -> tuple[Tally, float]:
    """Count what there is when nothing is owed any more, before anything is swept up."""
    await lift_limits()
    await _misbehave(shop, seed)
    crowd = Crowd(people)
    took_s = await _sign_up_and_die(crowd, folder, seed=seed, kills=kills, **order)
    await shop.stripe.mend()
    return await tally(shop, crowd.acknowledged), took_s


async def _misbehave(shop: Shop, seed: int) -> None:
    changes, reads = "POST /v1/*", "GET /v1/*"
    await shop.stripe.fault(match=changes, kind="late", probability=LATE, delay=_LATE_S, seed=-seed)
    await shop.stripe.fault(match=changes, kinds=ROUGH, seed=seed)
    await shop.stripe.fault(match=reads, kinds=ROUGH_READS, seed=seed)


async def _sign_up_and_die(
    crowd: Crowd, folder: Path, *, kills: int, seed: int, **order: Any
) -> float:
    """Have all sign up while portals die, and wait until all is done.

    Return how long that took since the last death, or the last acknowledgement if that was later.
    """
    async with portals(folder, places=PORTALS, kills=kills, seed=seed, **order) as mortal:
        coming = asyncio.create_task(crowd.come([mortal.url]))
        last_kill_at: float = await mortal.until("last_kill_at", within_s=600)
        await coming
        if IS_LONG:
            await until_done(3 * DONE_WITHIN_S)
            return time.time() - max([last_kill_at, *crowd.acknowledged.values()])
        await mortal.die()
    # The leases of the dead run out, without our waiting for it.
    async with portals(folder, places=1, ahead_s=LEASE.total_seconds() + 1, **order):
        return await until_done(DONE_WITHIN_S)


async def _let_late_ones_come(shop: Shop) -> int:
    """Have Stripe finish what it put off; return how often it misbehaved."""
    seen = await shop.stripe.control("GET", "/requests")
    await shop.stripe.control("POST", "/clock", {"advance": _LATE_S + 60})
    return sum(one["status"] is None or one["status"] >= 400 for one in seen["requests"])

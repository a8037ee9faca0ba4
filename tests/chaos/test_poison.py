"""Some sign-ups never succeed: the others are done as fast as ever."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from portal.database import run_sql
from portal.onboarding import opening
from tests.chaos.figures import Figures
from tests.chaos.portals import portals
from tests.chaos.scale import IS_LONG, scaled
from tests.chaos.tally import count_ready, tally, until_ready
from tests.onboarding.shop import Shop

ALONE = True
GOOD = scaled(50, 1000)
POISON = scaled(10, 100)
DONE_WITHIN_S = scaled(180.0, 600.0)
RATE = 0.9
# What we allow ourselves of a live account's hundred.
CALLS_PER_S = 45.0
KINDS = ("error", "saved_500", "reset", "lock_timeout", "refused")
"""Each a fifth of the poison: what Stripe answers to these customers, always."""


async def test_poison_does_not_hold_up_the_others(
    shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    usual_s = await _time_of(shop, tmp_path, "usual")
    for kind in KINDS:
        how = {"fault": "status", "status": 400} if kind == "refused" else {"kind": kind}
        await shop.stripe.fault(match="POST /v1/customers", email=f"{kind}-*", **how)
    for number in range(POISON):
        kind = KINDS[number * len(KINDS) // POISON]
        await shop.sign_up(email=f"{kind}-{number}@lovelace.example")

    took_s = await _time_of(shop, tmp_path, "beside")

    found = await tally(shop, _emails("usual") + _emails("beside"))
    refused = await _count("state = 'refused'")
    rate = usual_s / took_s
    figures.add(
        f"{GOOD} sign-ups behind {POISON} that never succeed",
        mark=f"≥ {RATE:.0%} of the usual rate" if IS_LONG else "none",
        got=f"{rate:.0%} ({GOOD / took_s:.0f} instead of {GOOD / usual_s:.0f} a second)",
        met=not IS_LONG or rate >= RATE,
    )
    assert found.is_right, found
    assert refused == POISON // len(KINDS)
    assert await _count("state = 'ready'") == POISON - refused


async def test_in_a_lane_with_poison_nobody_is_done(
    shop: Shop, figures: Figures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: with one lane for all, those behind wait as long as it lasts."""
    monkeypatch.setattr(opening, "lane_of_customer", lambda customer_id: "stripe:everybody")
    await shop.stripe.fault(match="POST /v1/customers", email="error-*", kind="error")
    for email in ("error-1@lovelace.example", *_emails("behind")):
        await shop.sign_up(email=email)

    async with portals(tmp_path, places=2, stripe_calls_per_s=CALLS_PER_S):
        await _until_tried(3)

    done = await count_ready()
    figures.add(
        f"{GOOD} behind one that never succeeds, in one lane (control)",
        mark="none is done",
        got=f"{done} done",
        met=done == 0,
    )
    assert done == 0


async def test_those_who_are_mended_are_done_too(shop: Shop) -> None:
    """The negative control of the faults: without them, the same people are no poison."""
    await shop.stripe.fault(match="POST /v1/customers", email="reset-*", kind="reset")
    await shop.sign_up(email="reset-1@lovelace.example")
    await shop.work()
    assert await shop.counts() == (0, 0)

    await shop.stripe.mend()
    await shop.work_in_the_end()
    assert await shop.counts() == (1, 1)


def _emails(name: str) -> list[str]:
    return [f"{name}{number}@lovelace.example" for number in range(GOOD)]


async def _time_of(shop: Shop, folder: Path, name: str) -> float:
    """Let so many people be signed up already; return how long portals need for them."""
    before = await count_ready()
    for email in _emails(name):
        await shop.sign_up(email=email)
    async with portals(folder, places=2, stripe_calls_per_s=CALLS_PER_S):
        return await until_ready(before + GOOD, DONE_WITHIN_S)


async def _until_tried(times: int) -> None:
    async with asyncio.timeout(DONE_WITHIN_S):
        while not await run_sql("SELECT id FROM operation WHERE attempts >= {}", times):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _count(where: str) -> int:
    rows = await run_sql(
        f"SELECT COUNT(*) AS n FROM operation WHERE kind = 'create_customer' AND {where}"
    )
    return int(rows[0]["n"])

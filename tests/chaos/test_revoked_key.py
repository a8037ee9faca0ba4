"""A key is revoked: its company alone is held, told once, and hardly anything more is sent."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from portal import clock
from portal.billing.inbox import keep
from portal.billing.stripe_events import BillingEvent
from portal.database import run_sql, transaction
from portal.operations.save import resume_company
from tests.chaos.companies import second_company
from tests.chaos.figures import Figures
from tests.chaos.portals import Portals, portals
from tests.chaos.scale import scaled
from tests.chaos.tally import tally, until_done, until_ready
from tests.onboarding.shop import Shop

GOOD = scaled(50, 1000)
DONE_WITHIN_S = scaled(180.0, 600.0)
# What we allow ourselves of a live account's hundred.
CALLS_PER_S = 45.0
PLACES = 2
# One second's worth: no process has more on the wire when the first answer comes. And a look at
# the key itself in each.
MOST_TRIED = int(CALLS_PER_S) + PLACES


async def test_a_revoked_key_holds_its_company_alone_and_is_told_once(
    shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    others = await second_company(shop)
    await shop.stripe.control("POST", f"/keys/{shop.stripe.key}/revoke")
    for number in range(GOOD):
        await shop.sign_up(email=f"ada{number}@lovelace.example")
        await others.sign_up(email=f"grace{number}@hopper.example")
        await keep("comp_1", _event(number), accepted=True)
    await shop.stripe.control("DELETE", "/requests")

    async with portals(tmp_path, places=PLACES, stripe_calls_per_s=CALLS_PER_S) as running:
        others_done = await until_ready(GOOD, DONE_WITHIN_S)
        told = _told(running)
        tried = len(await shop.stripe.calls())
        await shop.stripe.control("POST", f"/keys/{shop.stripe.key}/restore")
        async with transaction():
            await resume_company("comp_1")
        await until_done(DONE_WITHIN_S)

    found = [await tally(each, _emails_of(each, GOOD)) for each in (shop, others)]
    figures.add(
        f"a revoked key, {GOOD} sign-ups of it and {GOOD} of another company",
        mark=f"others done, told once, ≤ {MOST_TRIED} calls meanwhile, all done when mended",
        got=f"others done in {others_done:.0f} s, told {told} ×, {tried} calls; {found[0]}",
        met=told == 1 and 0 < tried <= MOST_TRIED and all(not each.lost for each in found),
    )
    assert told == 1
    # Where Stripe's first answer takes a second, a second's worth more goes out meanwhile.
    assert 0 < tried <= 2 * MOST_TRIED
    assert await _count_new_events() == 0
    assert [each.lost for each in found] == [(), ()]


async def test_without_the_pause_a_revoked_key_is_asked_again_and_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""

    async def forget(*_: str) -> bool:
        return False

    monkeypatch.setattr("portal.operations.pause.pause_company", forget)
    await shop.stripe.control("POST", f"/keys/{shop.stripe.key}/revoke")
    await shop.sign_up(email="ada@lovelace.example")
    await keep("comp_1", _event(1), accepted=True)

    working = asyncio.create_task(shop.work())
    async with asyncio.timeout(DONE_WITHIN_S):
        while len(await shop.stripe.calls()) <= MOST_TRIED:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    working.cancel()
    await asyncio.wait([working])
    await shop.worker.stop()


def _event(number: int) -> BillingEvent:
    return BillingEvent(
        f"evt_{number}", "customer.updated", f"cus_{number}", clock.now(), False, None, "0" * 64
    )


async def _count_new_events() -> int:
    rows = await run_sql("SELECT COUNT(*) AS n FROM inbox_event WHERE state = 'new'")
    return int(rows[0]["n"])


def _told(running: Portals) -> int:
    return running.log().count("operations.paused")


def _emails_of(shop: Shop, count: int) -> list[str]:
    person = "ada{}@lovelace" if shop.site.number == 1 else "grace{}@hopper"
    return [f"{person.format(number)}.example" for number in range(count)]

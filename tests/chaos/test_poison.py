"""Some sign-ups never succeed, or a key is revoked: the others are done as fast as ever."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from portal import clock
from portal.billing.inbox import keep
from portal.billing.stripe_events import BillingEvent
from portal.database import run_sql, transaction
from portal.onboarding import signup
from portal.operations.save import resume_company
from tests.chaos.companies import second_company
from tests.chaos.figures import Figures
from tests.chaos.portals import Portals, portals
from tests.chaos.scale import IS_LONG, scaled
from tests.chaos.tally import tally, until_done
from tests.onboarding.shop import Shop

GOOD = scaled(50, 1000)
POISON = scaled(10, 100)
DONE_WITHIN_S = scaled(180.0, 600.0)
RATE = 0.9
# What we allow ourselves of a live account's hundred.
CALLS_PER_S = 45.0
PLACES = 2
# One second's worth: no process has more on the wire when the first answer comes. And a look at
# the key itself in each.
MOST_TRIED = int(CALLS_PER_S) + PLACES
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
    monkeypatch.setattr(signup, "lane_of_customer", lambda customer_id: "stripe:everybody")
    await shop.stripe.fault(match="POST /v1/customers", email="error-*", kind="error")
    for email in ("error-1@lovelace.example", *_emails("behind")):
        await shop.sign_up(email=email)

    async with portals(tmp_path, places=2, stripe_calls_per_s=CALLS_PER_S):
        await _until_tried(3)

    done = await _count_ready()
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
        others_done = await _until_finished(GOOD)
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


def _emails(name: str) -> list[str]:
    return [f"{name}{number}@lovelace.example" for number in range(GOOD)]


async def _time_of(shop: Shop, folder: Path, name: str) -> float:
    """Let so many people be signed up already; return how long portals need for them."""
    before = await _count_ready()
    for email in _emails(name):
        await shop.sign_up(email=email)
    async with portals(folder, places=2, stripe_calls_per_s=CALLS_PER_S):
        return await _until_finished(before + GOOD)


async def _until_finished(count: int) -> float:
    began = time.monotonic()
    while (ready := await _count_ready()) < count:
        assert time.monotonic() - began < DONE_WITHIN_S, f"{ready} of {count}"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def _until_tried(times: int) -> None:
    async with asyncio.timeout(DONE_WITHIN_S):
        while not await run_sql("SELECT id FROM operation WHERE attempts >= {}", times):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _count_ready() -> int:
    rows = await run_sql("SELECT COUNT(*) AS n FROM onboarding WHERE state = 'ready'")
    return int(rows[0]["n"])


async def _count(where: str) -> int:
    rows = await run_sql(
        f"SELECT COUNT(*) AS n FROM operation WHERE kind = 'create_customer' AND {where}"
    )
    return int(rows[0]["n"])


def _told(running: Portals) -> int:
    return running.log().count("operations.paused")


def _emails_of(shop: Shop, count: int) -> list[str]:
    person = "ada{}@lovelace" if shop.site.number == 1 else "grace{}@hopper"
    return [f"{person.format(number)}.example" for number in range(count)]

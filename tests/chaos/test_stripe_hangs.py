"""Stripe hangs while many sign up: everybody is answered, and nothing of theirs is lost."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

import aiohttp
import pytest

from portal.pages import signup
from tests.chaos.browsers import Browser, many_browsers
from tests.chaos.figures import Figures
from tests.chaos.lives import ONE_OF_EACH, left_behind
from tests.chaos.scale import scaled
from tests.chaos.servers import serving
from tests.limits import lift_limits
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.conftest import ada, portal, shop
from tests.people import ADA

__all__ = ["ada", "portal", "shop"]

ALONE = True
SIGN_UPS = scaled(20, 100)
ANSWERED_WITHIN_S = scaled(1.5, 6.0)
HEALTHY_WITHIN_S = 0.2
# Longer than any of ours waits; shorter in the fast tier, so that a server ends soon.
HANGS_FOR_S = scaled(6.0, 60.0)
_LOOK_EVERY_S = 0.05


@dataclass
class Timed:
    """Where sign-ups led and how long they and /healthz took, in seconds."""

    went: Counter[str] = field(default_factory=Counter)
    answers_s: list[float] = field(default_factory=list)
    health_s: list[float] = field(default_factory=list)


async def test_everybody_is_answered_while_stripe_hangs(shop: Shop, figures: Figures) -> None:
    await lift_limits()
    emails = [f"ada{number}@lovelace.example" for number in range(SIGN_UPS)]
    async with serving() as url, many_browsers(SIGN_UPS) as http:
        await shop.stripe.fault(match="* /v1/*", fault="hang", delay=HANGS_FOR_S)
        timed = await sign_up(http, url, emails)
        await shop.stripe.mend()

    await shop.work_in_the_end()
    left = Counter([await left_behind(shop, email) for email in emails])
    _tell(figures, timed)
    figures.add(
        "what came of them once Stripe was back",
        mark="one of each, 100 %",
        got=f"{left[ONE_OF_EACH]} of {SIGN_UPS}",
        met=left == {ONE_OF_EACH: SIGN_UPS},
    )
    assert timed.went == {"/signup/status": SIGN_UPS}
    assert timed.health_s
    assert left == {ONE_OF_EACH: SIGN_UPS}


async def test_a_portal_that_waits_for_stripe_is_found_out(
    ada: Visitor, shop: Shop, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signup, "PATIENCE_S", ANSWERED_WITHIN_S + 0.5)
    await shop.stripe.fault(match="* /v1/*", fault="hang", delay=ANSWERED_WITHIN_S + 1)

    began = time.monotonic()
    await ada.sign_up(ADA)
    took_s = time.monotonic() - began

    await shop.stripe.mend()
    figures.add(
        "a portal more patient than that (control)",
        mark=f"> {ANSWERED_WITHIN_S:g} s",
        got=f"{took_s:.1f} s",
        met=took_s > ANSWERED_WITHIN_S,
    )
    assert took_s > ANSWERED_WITHIN_S


async def sign_up(http: aiohttp.ClientSession, url: str, emails: list[str]) -> Timed:
    """Sign everybody up at once, and look at /healthz all the while."""
    timed = Timed()
    browsers = [Browser(http, url, email=email) for email in emails]
    for browser in browsers:
        await browser.read_form()

    async def submit(browser: Browser) -> None:
        began = time.monotonic()
        timed.went[await browser.submit()] += 1
        timed.answers_s.append(time.monotonic() - began)

    looking = asyncio.create_task(_look(url, timed))
    await asyncio.gather(*(submit(browser) for browser in browsers))
    looking.cancel()
    return timed


async def _look(url: str, timed: Timed) -> None:
    async with aiohttp.ClientSession() as http:
        while True:
            began = time.monotonic()
            async with http.get(f"{url}/healthz") as answer:
                assert answer.status == 200
            timed.health_s.append(time.monotonic() - began)
            await asyncio.sleep(_LOOK_EVERY_S)


def _tell(figures: Figures, timed: Timed) -> None:
    slowest, health = max(timed.answers_s), max(timed.health_s)
    figures.add(
        f"{SIGN_UPS} sign-ups at once while Stripe hangs: the slowest answer",
        mark="< 6 s",
        got=f"{slowest:.1f} s",
        met=slowest < 6,
    )
    figures.add(
        f"/healthz meanwhile: the slowest of {len(timed.health_s)}",
        mark="< 200 ms",
        got=f"{health * 1000:.0f} ms",
        met=health < HEALTHY_WITHIN_S,
    )

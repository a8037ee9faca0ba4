"""Stripe is down for a while: everybody is accepted at once, and done soon after it is back."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from portal.database import is_sqlite
from portal.settings import settings
from tests.chaos.crowd import Crowd, p95
from tests.chaos.figures import Figures
from tests.chaos.portals import portals
from tests.chaos.scale import IS_LONG, scaled
from tests.chaos.tally import Tally, tally, until_done
from tests.limits import lift_limits
from tests.onboarding.shop import Shop
from tests.people import GRACE

PEOPLE = scaled(40, 300)
# They come together and find out that Stripe is down; the others come later.
FIRST = 8
# Ten minutes once: it is Stripe that is waited for, and not the database.
DOWN_S = {True: scaled(3.0, 600.0), False: scaled(3.0, 60.0)}
DOWN_IN_CONTROLS_S = scaled(3.0, 30.0)
# One finds out that Stripe is down from fewer people than two.
PLACES = scaled(1, 2)
ACCEPTED_WITHIN_S = 0.5
DONE_WITHIN_S = 60.0
MAILED_WITHIN_S = 5.0
# What we allow ourselves of a live account's hundred.
CALLS_PER_S = 45.0
_TOKEN = re.compile(r'name="token"[^>]*value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Outage:
    """How those fared who came while Stripe was down."""

    accepted: int
    """Before it was back."""
    errors: int
    calls: int
    """Made to Stripe while it was down."""
    made: int
    """Customers at Stripe before it was back, who had not come before it was down."""
    found: Tally
    """In the end."""
    times_s: tuple[float, float, float]
    """Until 95 of 100 were accepted, until a mail was sent meanwhile, and until all was done."""

    @property
    def is_borne(self) -> bool:
        """Tell whether everybody was accepted, and done in the end."""
        return self.accepted == PEOPLE and not self.errors and self.found.is_right

    @property
    def leaves_stripe_alone(self) -> bool:
        """Tell whether most people led to no call at all while Stripe was down."""
        return self.calls < PEOPLE


async def test_everybody_is_accepted_and_done_when_stripe_is_back(
    shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    outage = await _live_through(shop, tmp_path, DOWN_S[is_sqlite()])

    _tell(figures, outage)
    assert outage.made == 0
    assert outage.is_borne, outage
    assert outage.leaves_stripe_alone, outage


async def test_without_the_breaker_stripe_is_not_left_alone(
    shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    """The negative control: everybody is accepted still, but each is a call more."""
    outage = await _live_through(shop, tmp_path, DOWN_IN_CONTROLS_S, no_breaker=True)

    figures.add(
        "calls meanwhile without the breaker (control)",
        mark=f"≥ {PEOPLE}",
        got=str(outage.calls),
        met=not outage.leaves_stripe_alone,
    )
    assert outage.is_borne, outage
    assert not outage.leaves_stripe_alone


async def test_of_those_who_wait_for_stripe_nobody_is_accepted(
    shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    """The negative control: a page that goes on with what Stripe answers has nothing to go on."""
    outage = await _live_through(
        shop, tmp_path, DOWN_IN_CONTROLS_S, within_s=5.0, waits_for_stripe=True
    )

    figures.add(
        f"{PEOPLE} at a portal that waits for Stripe (control)",
        mark="none accepted meanwhile",
        got=f"{outage.accepted} accepted",
        met=outage.accepted == 0,
    )
    assert outage.accepted == 0
    assert not outage.is_borne


async def _live_through(
    shop: Shop, folder: Path, down_s: float, *, within_s: float = 900.0, **weak: Any
) -> Outage:
    """Have people come while Stripe is down, for no longer than this; then it is back."""
    await lift_limits()
    await shop.sign_up(email=GRACE["email"])
    await shop.work()
    first, others = Crowd(FIRST, name="mary"), Crowd(PEOPLE - FIRST)
    order = {"places": PLACES, "stripe_calls_per_s": CALLS_PER_S} | weak
    async with portals(folder, **order) as running:
        called, back_at = len(await shop.stripe.calls()), time.monotonic() + down_s
        await shop.stripe.fault(match="* /v1/*", fault="reset")

        async def come() -> None:
            await first.come([running.url])
            await others.come([running.url], spread_s=0.8 * down_s)

        coming = asyncio.create_task(come())
        mailed_s = await _ask_for_mail(running.url)
        await asyncio.wait({coming}, timeout=within_s)
        await asyncio.sleep(max(0.0, back_at - time.monotonic()))
        accepted = len(first.acknowledged) + len(others.acknowledged)
        calls, (made, _) = len(await shop.stripe.calls()) - called, await shop.counts()
        await shop.stripe.mend()
        await coming
        done_s = await until_done(5 * DONE_WITHIN_S)

    found = await tally(shop, first.acknowledged | others.acknowledged)
    times_s = p95(others.took_s), mailed_s, done_s
    return Outage(accepted, first.errors + others.errors, calls, made - 1, found, times_s)


async def _ask_for_mail(url: str) -> float:
    """Have Grace ask for a sign-in mail; return how long it took to be sent."""
    folder = Path(urlsplit(str(settings().mail_url)).path)
    headers = {"sec-fetch-site": "same-origin"}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with http.get(f"{url}/signin") as answer:
            token = _TOKEN.search(await answer.text())
        assert token is not None
        began, before = time.monotonic(), _mails(folder)
        typed = {"email": GRACE["email"], "token": token[1]}
        async with http.post(f"{url}/signin", data=typed, headers=headers) as answer:
            assert answer.status == 200
    while _mails(folder) == before:
        assert time.monotonic() - began < 120
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def _mails(folder: Path) -> int:
    return len(list(folder.glob("*"))) if folder.exists() else 0


def _tell(figures: Figures, outage: Outage) -> None:
    figures.add(
        f"Stripe down for {DOWN_S[is_sqlite()]:.0f} s during {PEOPLE} sign-ups",
        mark="all accepted, one of each, 0 × 5xx",
        got=f"{outage.found}, {outage.errors} × 5xx",
        met=outage.is_borne,
    )
    figures.add(
        "… calls meanwhile",
        mark=f"< {PEOPLE}",
        got=str(outage.calls),
        met=outage.leaves_stripe_alone,
    )
    for what, got_s, mark_s in zip(
        ("accepted within (p95)", "a sign-in mail meanwhile", "all done after it was back"),
        outage.times_s,
        (ACCEPTED_WITHIN_S, MAILED_WITHIN_S, DONE_WITHIN_S),
        strict=True,
    ):
        figures.add(
            f"… {what}",
            mark=f"≤ {mark_s:g} s" if IS_LONG else "none",
            got=f"{got_s:.2f} s",
            met=not IS_LONG or got_s <= mark_s,
        )

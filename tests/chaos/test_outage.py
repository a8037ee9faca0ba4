"""Stripe is down for a while: everybody is accepted at once, and done soon after it is back."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from portal.database import is_sqlite
from portal.settings import settings
from tests.chaos.crowd import Crowd, p95
from tests.chaos.figures import Figures
from tests.chaos.portals import portals
from tests.chaos.scale import scaled
from tests.chaos.tally import tally, until_done
from tests.limits import lift_limits
from tests.onboarding.shop import Shop
from tests.people import GRACE

PEOPLE = scaled(20, 300)
# Ten minutes once: it is Stripe that is waited for, and not the database.
DOWN_S = {True: scaled(5.0, 600.0), False: scaled(5.0, 60.0)}
# The first few still wait for an answer, as long as the form does at most.
ACCEPTED_WITHIN_S = scaled(4.5, 0.5)
DONE_WITHIN_S = 60.0
MAILED_WITHIN_S = 5.0
# What we allow ourselves of a live account's hundred.
CALLS_PER_S = 45.0
_TOKEN = re.compile(r'name="token"[^>]*value="([^"]+)"')


async def test_everybody_is_accepted_and_done_when_stripe_is_back(
    shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    await lift_limits()
    await shop.sign_up(email=GRACE["email"])
    await shop.work()
    crowd, down_s = Crowd(PEOPLE), DOWN_S[is_sqlite()]
    async with portals(tmp_path, places=2, stripe_calls_per_s=CALLS_PER_S) as running:
        await shop.stripe.fault(match="* /v1/*", fault="reset")
        back_at = time.monotonic() + down_s
        coming = asyncio.create_task(crowd.come([running.url], spread_s=0.8 * down_s))
        await asyncio.sleep(down_s / 2)
        mailed_s = await _ask_for_mail(running.url)
        await coming
        await asyncio.sleep(back_at - time.monotonic())
        made_meanwhile, _ = await shop.counts()
        await shop.stripe.mend()
        done_s = await until_done(5 * DONE_WITHIN_S)

    found = await tally(shop, crowd.acknowledged)
    _tell(figures, crowd, down_s, done_s, mailed_s, str(found), is_right=found.is_right)
    assert made_meanwhile == 1
    assert len(crowd.acknowledged) == PEOPLE
    assert crowd.errors == 0
    assert found.is_right, found
    assert mailed_s < down_s / 2


async def test_without_the_queue_whoever_comes_meanwhile_is_lost(
    shop: Shop, figures: Figures
) -> None:
    """The negative control: who calls Stripe within the request has nothing to go on with."""
    await shop.stripe.fault(match="* /v1/*", fault="reset")
    lost = 0
    for number in range(5):
        async with aiohttp.ClientSession() as http:
            try:
                await http.post(
                    f"{shop.stripe.url}/v1/customers",
                    data={"email": f"ada{number}@lovelace.example"},
                    headers={"authorization": f"Bearer {shop.stripe.key}"},
                )
            except aiohttp.ClientError:
                lost += 1
    await shop.stripe.mend()

    made, _ = await shop.counts()
    figures.add(
        "5 who call Stripe directly (control)", mark="lost", got=f"{lost} lost", met=lost == 5
    )
    assert (lost, made) == (5, 0)


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
        assert time.monotonic() - began < 60
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def _mails(folder: Path) -> int:
    return len(list(folder.glob("*"))) if folder.exists() else 0


def _tell(
    figures: Figures,
    crowd: Crowd,
    down_s: float,
    done_s: float,
    mailed_s: float,
    found: str,
    *,
    is_right: bool,
) -> None:
    figures.add(
        f"Stripe down for {down_s:.0f} s during {PEOPLE} sign-ups",
        mark="all accepted, one of each, 0 × 5xx",
        got=f"{found}, {crowd.errors} × 5xx",
        met=is_right and crowd.errors == 0,
    )
    accepted_s = p95(crowd.took_s)
    for what, got_s, mark_s in (
        ("accepted within (p95)", accepted_s, ACCEPTED_WITHIN_S),
        ("all done after it was back", done_s, DONE_WITHIN_S),
        ("a sign-in mail meanwhile", mailed_s, MAILED_WITHIN_S),
    ):
        figures.add(f"… {what}", mark=f"≤ {mark_s:g} s", got=f"{got_s:.2f} s", met=got_s <= mark_s)

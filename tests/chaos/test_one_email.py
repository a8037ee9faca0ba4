"""Five hundred submits of one e-mail at once, to two processes: one of everything, no error."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from contextlib import AsyncExitStack

import aiohttp

from portal.database import run_sql
from tests.chaos.figures import Figures
from tests.chaos.lives import ONE_OF_EACH, Left, left_behind, nursery
from tests.chaos.servers import lift_limits, serving
from tests.onboarding.shop import Shop
from tests.people import ADA

SUBMITS = 500
AT_ONCE = 250
_TOKEN = re.compile(r'name="token"[^>]*value="([^"]+)"')


async def test_one_email_signed_up_500_times_by_two_processes(shop: Shop, figures: Figures) -> None:
    email = ADA["email"]
    async with nursery() as one, nursery() as other:
        lives = [each.live(email, submits=SUBMITS // 2) for each in (one, other)]
        await asyncio.gather(*lives)
    await shop.work_in_the_end()

    left = await left_behind(shop, email)
    _tell(figures, f"{SUBMITS} submits of one e-mail, 2 processes", left)
    assert left == ONE_OF_EACH


async def test_one_email_posted_500_times_to_two_servers(shop: Shop, figures: Figures) -> None:
    await lift_limits()

    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(serving()) for _ in range(2)]
        http = await stack.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=AT_ONCE, force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        )
        browsers = [Browser(http, servers[number % 2]) for number in range(SUBMITS)]
        for some in range(0, SUBMITS, AT_ONCE):
            await asyncio.gather(*(each.read_form() for each in browsers[some : some + AT_ONCE]))
        went = Counter(await asyncio.gather(*(each.submit() for each in browsers)))
    await shop.work_in_the_end()

    left = await left_behind(shop, ADA["email"])
    _tell(figures, f"{SUBMITS} posts of one e-mail, 2 servers", left)
    # Whoever came first is led on; on a machine this busy perhaps by way of the status page.
    assert went.pop("/signup/check-inbox") == SUBMITS - 1
    assert went in ({"billing portal": 1}, {"/signup/status": 1})
    assert left == ONE_OF_EACH
    (mails,) = await run_sql("SELECT COUNT(*) AS n FROM operation WHERE kind = 'send_sign_in'")
    assert mails["n"] < SUBMITS // 10


def _tell(figures: Figures, test: str, left: Left) -> None:
    got = f"{left.customers} / {left.stripe_customers} / {left.stripe_subscriptions}"
    figures.add(test, mark="1 / 1 / 1", got=got, met=left == ONE_OF_EACH)


class Browser:
    """Somebody's browser, with cookies of its own."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self._url = http, url
        self._headers = {"sec-fetch-site": "same-origin"}
        self._form = ADA | {"plan": "studio", "interval": "month", "currency": "eur"}

    async def read_form(self) -> None:
        """Load the form, as everybody does before posting it."""
        async with self._http.get(f"{self._url}/signup?plan=studio") as answer:
            page = await answer.text()
            cookies = "; ".join(f"{each.key}={each.value}" for each in answer.cookies.values())
        token = _TOKEN.search(page)
        assert token is not None, page
        self._form["token"] = token[1]
        self._headers["cookie"] = cookies

    async def submit(self) -> str:
        """Post the form and say where it led, or with which status it did not."""
        async with self._http.post(
            f"{self._url}/signup", data=self._form, headers=self._headers, allow_redirects=False
        ) as answer:
            if answer.status != 303:
                return str(answer.status)
            where = answer.headers["location"]
            if "/p/session/" in where:
                return "billing portal"
            return "/".join(where.partition("?")[0].split("/")[:3])

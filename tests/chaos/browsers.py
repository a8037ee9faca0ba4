"""People's browsers: each reads the form, posts it, and looks where it stands."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from tests.people import ADA

_TOKEN = re.compile(r'name="token"[^>]*value="([^"]+)"')


class Browser:
    """Somebody's browser, with cookies of its own."""

    def __init__(self, http: aiohttp.ClientSession, url: str, **typed: str) -> None:
        self._http, self._url = http, url
        self._headers = {"sec-fetch-site": "same-origin"}
        self._form = ADA | {"plan": "studio", "interval": "month", "currency": "eur"} | typed
        self._waits_at = ""
        self.email = self._form["email"]
        self.page = ""
        """What was last answered instead of being led on."""

    async def read_form(self) -> str:
        """Load the form, as everybody does before posting it; return the status."""
        async with self._http.get(f"{self._url}/signup?plan=studio") as answer:
            page = await answer.text()
            if answer.status >= 500:
                return str(answer.status)
            cookies = "; ".join(f"{each.key}={each.value}" for each in answer.cookies.values())
        token = _TOKEN.search(page)
        assert token is not None, page
        self._form["token"] = token[1]
        self._headers["cookie"] = cookies
        return "200"

    async def submit(self) -> str:
        """Post the form and say where it led, or with which status it did not."""
        async with self._http.post(
            f"{self._url}/signup", data=self._form, headers=self._headers, allow_redirects=False
        ) as answer:
            if answer.status != 303:
                self.page = await answer.text()
                return str(answer.status)
            where = answer.headers["location"]
            if "/p/session/" in where:
                return "billing portal"
            self._waits_at = where
            return "/".join(where.partition("?")[0].split("/")[:3])

    @property
    def is_waiting(self) -> bool:
        """Tell whether they were led to the status page."""
        return bool(self._waits_at)

    async def look(self) -> str:
        """Look at the status page: its words, where it leads on to, or the status of an error."""
        async with self._http.get(
            f"{self._url}{self._waits_at}", headers=self._headers, allow_redirects=False
        ) as answer:
            if answer.status == 303:
                return answer.headers["location"]
            return await answer.text() if answer.status == 200 else str(answer.status)


@asynccontextmanager
async def many_browsers(at_once: int) -> AsyncIterator[aiohttp.ClientSession]:
    """Open what browsers reach a server through: a connection for each request, no shared jar."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=at_once, force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as http:
        yield http

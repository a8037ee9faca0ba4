"""Users of the benchmark: they read the form first, then post it, so many at a time."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import aiohttp

FORM = {
    "plan": "studio", "interval": "month", "currency": "eur", "first_name": "Ada",
    "last_name": "Lovelace", "phone": "+44 20 7946 0958", "country": "GB",
    "line1": "12 St James's Square", "city": "London", "postal_code": "SW1Y 4JH", "terms": "on",
}  # fmt: skip
TOKEN = re.compile(r'name="token"[^>]*value="([^"]+)"')
HEADERS = {"sec-fetch-site": "same-origin", "user-agent": "bench"}


@dataclass
class Timed:
    """How long each answer took, and all together, in seconds; and how many were late.

    Late is who was led to the status page, because Stripe's part was not done within four seconds.
    """

    answers: list[float] = field(default_factory=list)
    whole_s: float = 0.0
    late: int = 0

    @property
    def median_ms(self) -> float:
        """Return the median answer."""
        return statistics.median(self.answers) * 1000


class User:
    """Somebody with a browser of their own, which has read the form."""

    def __init__(self, http: aiohttp.ClientSession, url: str, email: str) -> None:
        self._http, self._url = http, url
        self._form = FORM | {"email": email}
        self._cookie = ""

    async def read_form(self) -> User:
        """Load the sign-up page, as everybody does before posting it."""
        async with self._http.get(f"{self._url}/signup?plan=studio", headers=HEADERS) as answer:
            page = await answer.text()
            self._cookie = "; ".join(f"{c.key}={c.value}" for c in answer.cookies.values())
        self._form["token"] = TOKEN.search(page)[1]  # type: ignore[index]
        return self

    async def sign_up(self) -> bool:
        """Post the form; True when it led to the billing portal, False for the status page.

        Any other answer makes the run void.
        """
        async with self._http.post(
            f"{self._url}/signup",
            data=self._form,
            headers=HEADERS | {"cookie": self._cookie},
            allow_redirects=False,
        ) as answer:
            where = answer.headers.get("location", "")
            if answer.status == 303 and "/p/session/" in where:
                return True
            if answer.status == 303 and "/signup/status/" in where:
                return False
            raise RuntimeError(f"signing up answered {answer.status} {where}")


async def in_parallel(tasks: Sequence[Callable[[], Awaitable[object]]], at_once: int) -> Timed:
    """Run these, so many at a time, and time each."""
    timed, waiting = Timed(), iter(tasks)

    async def work() -> None:
        for task in waiting:
            began = time.perf_counter()
            is_late = await task() is False
            timed.answers.append(time.perf_counter() - began)
            timed.late += is_late

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    timed.whole_s = time.perf_counter() - began
    return timed

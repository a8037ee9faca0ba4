"""Whether the time of an answer tells a stranger which addresses are known."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import aiohttp

from tests.bench.load import HEADERS, TOKEN
from tests.bench.sides import Side


@dataclass
class Answers:
    """How long the answers took, in milliseconds."""

    known: list[float] = field(default_factory=list)
    unknown: list[float] = field(default_factory=list)

    @property
    def difference_ms(self) -> float:
        """Return how much later the median answer for a known address comes."""
        return median(self.known) - median(self.unknown)


async def sign_ins(side: Side, stems: Sequence[str], each: int) -> Answers:
    """Ask for sign-in mails, one after another: for those who signed up by these stems, and for
    as many whom nobody knows, by turns in an order left to chance."""
    answers, chance = Answers(), random.Random(1)
    async with aiohttp.ClientSession(side.url, cookie_jar=aiohttp.DummyCookieJar()) as http:
        form, cookie = await _read_form(http)
        for stem in stems:
            for number in range(each):
                turns = [(answers.known, stem), (answers.unknown, _nobody(stem))]
                chance.shuffle(turns)
                for timed, name in turns:
                    email = f"{name}{number}@bench.example"
                    began = time.perf_counter()
                    await _ask(http, form | {"email": email}, cookie)
                    timed.append((time.perf_counter() - began) * 1000)
    return answers


def _nobody(stem: str) -> str:
    """Return a stem of the same length that nobody signed up by."""
    return "x" * (len(stem) - 2) + stem[-2:]


async def _read_form(http: aiohttp.ClientSession) -> tuple[dict[str, str], str]:
    async with http.get("/signin", headers=HEADERS) as answer:
        found = TOKEN.search(await answer.text())
        assert found
        cookie = "; ".join(f"{one.key}={one.value}" for one in answer.cookies.values())
    return {"token": found[1]}, cookie


async def _ask(http: aiohttp.ClientSession, form: dict[str, str], cookie: str) -> None:
    async with http.post(
        "/signin", data=form, headers=HEADERS | {"cookie": cookie}, allow_redirects=False
    ) as answer:
        if answer.headers.get("location") != "/signin/check":
            raise RuntimeError(f"asking for a sign-in mail answered {answer.status}")

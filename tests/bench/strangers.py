"""Whether the time of an answer tells a stranger which addresses are known."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from statistics import median

import aiohttp

from tests.bench.load import HEADERS, TOKEN
from tests.bench.sides import Side

# Of a cost at which it takes half a second and more.
_DEAR = "$2y$13$" + "." * 22 + "a" * 31


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


async def passwords(side: Side, stem: str, each: int) -> Answers:
    """Try a wrong password, one address after another, by turns as above.

    Of those who signed up by this stem every other one has a password of ours, and the rest one
    that another site made much dearer.
    """
    answers, chance = Answers(), random.Random(2)
    _give_passwords(side, stem)
    async with aiohttp.ClientSession(side.url, cookie_jar=aiohttp.DummyCookieJar()) as http:
        form, cookie = await _read_form(http, "/signin/password")
        await _try(http, form | {"email": "first@bench.example"}, cookie)
        for number in range(each):
            turns = [(answers.known, stem), (answers.unknown, _nobody(stem))]
            chance.shuffle(turns)
            for timed, name in turns:
                began = time.perf_counter()
                await _try(http, form | {"email": f"{name}{number}@bench.example"}, cookie)
                timed.append((time.perf_counter() - began) * 1000)
    return answers


def _give_passwords(side: Side, stem: str) -> None:
    """Write them as an import does."""
    ours = "$argon2id$v=19$m=19456,t=2,p=1$" + "A" * 22 + "$" + "A" * 43
    kinds = (("argon2id", ours, 0), ("bcrypt", _DEAR, 60 << 13))
    with closing(sqlite3.connect(side.database, timeout=30)) as database, database:
        found = database.execute(
            "SELECT id, created_at FROM customer WHERE email LIKE ? ORDER BY id", (f"{stem}%",)
        ).fetchall()
        database.executemany(
            "INSERT INTO password (customer, scheme, hash, work, set_at) VALUES (?, ?, ?, ?, ?)",
            [(one, *kinds[at % 2], when) for at, (one, when) in enumerate(found)],
        )


async def _try(http: aiohttp.ClientSession, form: dict[str, str], cookie: str) -> None:
    headers = HEADERS | {"cookie": cookie}
    sent = form | {"password": "not the right one"}
    async with http.post("/signin/password", data=sent, headers=headers) as answer:
        if answer.status != 422:
            raise RuntimeError(f"a wrong password was answered by {answer.status}")


def _nobody(stem: str) -> str:
    """Return a stem of the same length that nobody signed up by."""
    return "x" * (len(stem) - 2) + stem[-2:]


async def _read_form(
    http: aiohttp.ClientSession, path: str = "/signin"
) -> tuple[dict[str, str], str]:
    async with http.get(path, headers=HEADERS) as answer:
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

"""A rush of people in a minute, through few connections: they come, wait, look, and are led on."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import aiohttp

from tests.chaos.browsers import Browser

AT_ONCE = 100
_LOOKS = 30
_TURN = re.compile(r"turn comes in about (one|\d+) minutes?")


async def browsers_at(servers: Sequence[str], people: int, stack: AsyncExitStack) -> list[Browser]:
    """Give so many people a browser each, which all go through the same few connections."""
    http = await stack.enter_async_context(
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=AT_ONCE, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Not in all: who waits here for one of our own connections waits for nobody's answer.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=60, sock_read=60),
        )
    )
    return [
        Browser(http, servers[number % len(servers)], email=f"ada{number}@lovelace.example")
        for number in range(people)
    ]


async def all_come(
    people: Sequence[Browser], tries: Counter[str], *, within_s: float
) -> Counter[str]:
    """Have everybody read and post the form, spread over the time; count what was in vain."""

    async def come(number: int, who: Browser) -> str:
        await asyncio.sleep(within_s * number / len(people))
        await _until_answered(who.read_form, tries)
        return await _until_answered(who.submit, tries)

    return Counter(await asyncio.gather(*(come(*each) for each in enumerate(people))))


async def _until_answered(ask: Callable[[], Awaitable[str]], tries: Counter[str]) -> str:
    """Ask again, as a person does, where it broke off or went wrong on our side."""
    for _ in range(_LOOKS):
        try:
            answer = await ask()
        except (aiohttp.ClientError, TimeoutError) as broken:
            answer = f"5xx {type(broken).__name__}"
        if not answer.startswith("5"):
            return answer
        tries[answer] += 1
        await asyncio.sleep(1)
    return answer


async def told_until(people: Sequence[Browser]) -> dict[str, float]:
    """Return until when (Unix seconds) each who waits must be served, by what they are told."""
    until: dict[str, float] = {}
    for who in people:
        page, asked_at = await _until_answered(who.look, Counter()), time.time()
        if "<h1" in page:
            turn = _TURN.search(page)
            minutes = 1 if turn is None or turn[1] == "one" else int(turn[1])
            until[who.email] = asked_at + 1.5 * 60 * minutes
    return until


async def leads_to(who: Browser) -> str:
    """Look until the page leads on, as it does by itself; return where to."""
    where = ""
    for _ in range(_LOOKS):
        where = await _until_answered(who.look, Counter())
        if "/p/session/" in where:
            return "billing portal"
        await asyncio.sleep(1)
    return where

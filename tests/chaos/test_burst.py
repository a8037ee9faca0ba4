"""More people in a minute than Stripe takes in ten: all accepted, all told, all done, none lost."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import aiohttp

from portal.database import run_sql
from portal.settings import configure
from tests.chaos.browsers import Browser
from tests.chaos.figures import Figures
from tests.chaos.scale import IS_LONG, scaled
from tests.chaos.servers import serving
from tests.limits import lift_limits
from tests.onboarding.shop import Shop

MINUTES = 40
PEOPLE = scaled(40, 5000)
WITHIN_S = scaled(1.0, 60.0)
SERVERS = 2
AT_ONCE = 100
# So few in the small tier that people have to wait on the slowest machine.
STRIPE_ALLOWS = scaled(12, 25)
BUDGET = scaled(10, 20)
# Two calls each, within the budget; and as much again.
DONE_WITHIN_S = 60 + 2 * 2 * PEOPLE / BUDGET
_LOOKS = 30
_TURN = re.compile(r"turn comes in about (one|\d+) minutes?")


async def test_a_burst_is_accepted_first_and_done_at_stripes_pace(
    shop: Shop, figures: Figures
) -> None:
    await lift_limits()
    await shop.stripe.control("POST", "/limit", {"per_second": STRIPE_ALLOWS})
    configure(stripe_calls_per_s=BUDGET)
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(serving()) for _ in range(SERVERS)]
        people = await _people(stack, servers)
        began = time.monotonic()
        went = await _all_come(people)
        came_s = time.monotonic() - began
        some = [each for each in people[:: max(1, PEOPLE // 100)] if each.is_waiting]
        told = await _told(some)
        mail_s = await _done(began)
        took_s = time.monotonic() - began
        where = Counter([await _leads_to(each) for each in some])
        late = await _later_than_told(told)
    refused, busiest = await _seen_by(shop)

    doubles = await _doubles(shop)
    accepted = went["billing portal"] + went["/signup/status"]
    figures.add(
        f"{PEOPLE} sign-ups in {came_s:.0f} s, Stripe allows {STRIPE_ALLOWS} calls a second",
        mark="all accepted, all finished, none lost",
        got=f"{accepted} accepted, finished after {took_s:.0f} s, {refused} calls refused",
        met=accepted == PEOPLE and doubles == Counter({(1, 1, 1): PEOPLE}),
    )
    figures.add(
        "… they came within",
        mark=f"≤ {1.1 * WITHIN_S:.0f} s" if IS_LONG else "none",
        got=f"{came_s:.0f} s",
        met=not IS_LONG or came_s <= 1.1 * WITHIN_S,
    )
    figures.add(
        "… of those asked, told to wait, and served no later than told (half as much again)",
        mark="all in time",
        got=f"{len(told)} told, {late} later",
        met=bool(told) and not late,
    )
    figures.add(
        f"… calls in the busiest second, of {BUDGET} allowed",
        mark=f"≤ {1.2 * BUDGET:.0f}" if IS_LONG else "none",
        got=str(busiest),
        met=not IS_LONG or busiest <= 1.2 * BUDGET,
    )
    figures.add("… the longest a mail was owed", mark="none", got=f"{mail_s:.1f} s", met=True)
    assert went.keys() <= {"billing portal", "/signup/status"}, went
    assert doubles == Counter({(1, 1, 1): PEOPLE})
    assert told
    assert set(where) == {"billing portal"}


async def test_without_the_budget_stripe_refuses_a_part(shop: Shop, figures: Figures) -> None:
    """The negative control: as fast as it goes, many calls are refused."""
    await lift_limits()
    await shop.stripe.control("POST", "/limit", {"per_second": scaled(3, STRIPE_ALLOWS)})
    refused, until = 0, time.monotonic() + 60
    async with AsyncExitStack() as stack:
        people = await _people(stack, [await stack.enter_async_context(serving())])
        await _all_come(people[:60], within_s=1.0)
        while refused <= 10 and time.monotonic() < until:
            await asyncio.sleep(0.1)
            refused, _ = await _seen_by(shop)

    figures.add(
        f"{len(people[:60])} of them without a budget (control)",
        mark="many calls refused",
        got=f"{refused} refused",
        met=refused > 10,
    )
    assert refused > 10


async def _people(stack: AsyncExitStack, servers: Sequence[str]) -> list[Browser]:
    http = await stack.enter_async_context(
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=AT_ONCE, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=60),
        )
    )
    return [
        Browser(http, servers[number % len(servers)], email=f"ada{number}@lovelace.example")
        for number in range(PEOPLE)
    ]


async def _all_come(people: Sequence[Browser], within_s: float = WITHIN_S) -> Counter[str]:
    """Have everybody read and post the form, spread over the time."""

    async def come(number: int, who: Browser) -> str:
        await asyncio.sleep(within_s * number / len(people))
        await who.read_form()
        return await who.submit()

    return Counter(await asyncio.gather(*(come(*each) for each in enumerate(people))))


async def _told(people: Sequence[Browser]) -> dict[str, float]:
    """Return until when (Unix seconds) each who waits must be served, by what they are told."""
    until: dict[str, float] = {}
    for who in people:
        page, asked_at = await who.look(), time.time()
        if "<h1" in page:
            turn = _TURN.search(page)
            minutes = 1 if turn is None or turn[1] == "one" else int(turn[1])
            until[who.email] = asked_at + 1.5 * 60 * minutes
    return until


async def _later_than_told(told: Mapping[str, float]) -> int:
    """Count those who were served later than they were told, and half as much again."""
    rows = await run_sql(
        "SELECT customer.email, onboarding.ready_at FROM onboarding"
        " JOIN customer ON customer.id = onboarding.customer"
    )
    ready = {row["email"]: datetime.fromisoformat(str(row["ready_at"])) for row in rows}
    return sum(ready[email].timestamp() > until for email, until in told.items())


async def _done(began: float) -> float:
    """Wait until nothing is owed; return how long the longest mail was owed."""
    open_ones = "SELECT COUNT(*) AS n FROM operation WHERE state = 'ready'"
    while (await run_sql(open_ones))[0]["n"]:
        assert time.monotonic() - began < DONE_WITHIN_S
        await asyncio.sleep(1)
    rows = await run_sql("SELECT created_at, done_at FROM operation WHERE kind = 'send_welcome'")
    owed: list[float] = [(row["done_at"] - row["created_at"]).total_seconds() for row in rows]
    return max(owed)


async def _leads_to(who: Browser) -> str:
    """Look until the page leads on, as it does by itself; return where to."""
    where = ""
    for _ in range(_LOOKS):
        where = await who.look()
        if "/p/session/" in where:
            return "billing portal"
        await asyncio.sleep(1)
    return where


async def _seen_by(shop: Shop) -> tuple[int, int]:
    """Return how many calls Stripe refused, and the most that came in one second."""
    seen: dict[str, Any] = await shop.stripe.control("GET", "/rates")
    return seen["refused"], seen["busiest"]


async def _doubles(shop: Shop) -> Counter[tuple[int, int, int]]:
    """Count for each person: finished sign-ups here, customers and subscriptions at Stripe."""
    here = await run_sql(
        "SELECT customer.email FROM onboarding JOIN customer ON customer.id = onboarding.customer"
        " WHERE onboarding.state = 'ready'"
    )
    there = await shop.stripe.objects("customer")
    sold = Counter(each["customer"] for each in await shop.stripe.objects("subscription"))
    finished = Counter(row["email"] for row in here)
    made = Counter(each["email"] for each in there)
    of = {each["email"]: sold[each["id"]] for each in there}
    return Counter((finished[email], made[email], of[email]) for email in made)

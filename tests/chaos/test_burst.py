"""More people in a minute than Stripe takes in ten: all accepted, all told, all done, none lost."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

from portal.database import run_sql
from portal.errors import DatabaseBusy
from portal.settings import configure
from tests.chaos.figures import Figures
from tests.chaos.rush import all_come, browsers_at, leads_to, told_until
from tests.chaos.scale import IS_LONG, scaled
from tests.chaos.servers import serving
from tests.chaos.tally import count_open
from tests.limits import lift_limits
from tests.onboarding.shop import Shop

ALONE = True
MINUTES = 40
PEOPLE = scaled(40, 5000)
WITHIN_S = scaled(1.0, 60.0)
SERVERS = 2
# So few in the small tier that people have to wait on the slowest machine.
STRIPE_ALLOWS = scaled(12, 25)
BUDGET = scaled(10, 20)
# Two calls each, within the budget; and as much again.
DONE_WITHIN_S = 60 + 2 * 2 * PEOPLE / BUDGET


async def test_a_burst_is_accepted_first_and_done_at_stripes_pace(
    shop: Shop, figures: Figures
) -> None:
    await lift_limits()
    await shop.stripe.control("POST", "/limit", {"per_second": STRIPE_ALLOWS})
    configure(stripe_calls_per_s=BUDGET)
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(serving()) for _ in range(SERVERS)]
        people = await browsers_at(servers, PEOPLE, stack)
        tries = Counter[str]()
        began = time.monotonic()
        went = await all_come(people, tries, within_s=WITHIN_S)
        came_s = time.monotonic() - began
        print(f"came in {came_s:.0f} s: {went}, tries: {tries}", flush=True)
        some = [each for each in people[:: max(1, PEOPLE // 100)] if each.is_waiting]
        told = await told_until(some)
        mail_s = await _done(began)
        print(f"done after {time.monotonic() - began:.0f} s", flush=True)
        took_s = time.monotonic() - began
        where = Counter([await leads_to(each) for each in some])
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
    again = sum(tries.values())
    figures.add(
        "… of their requests, those that had to be made again (a 5xx, or none answered)",
        mark="0" if IS_LONG else "none",
        got=f"{again} {dict(tries)}" if again else "0",
        met=not IS_LONG or not again,
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
        people = await browsers_at([await stack.enter_async_context(serving())], PEOPLE, stack)
        await all_come(people[:60], Counter(), within_s=1.0)
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


async def _later_than_told(told: Mapping[str, float]) -> int:
    """Count those who were served later than they were told, and half as much again."""
    rows = await run_sql(
        "SELECT customer.email, onboarding.ready_at FROM onboarding"
        " JOIN customer ON customer.id = onboarding.customer WHERE onboarding.ready_at IS NOT NULL"
    )
    ready = {row["email"]: datetime.fromisoformat(str(row["ready_at"])) for row in rows}
    return sum(
        email not in ready or ready[email].timestamp() > until for email, until in told.items()
    )


async def _done(began: float) -> float:
    """Wait until nothing is owed, or for as long as may be; how long the longest mail was owed."""
    # Other processes do it.
    while await _count_open() and time.monotonic() - began < DONE_WITHIN_S:  # noqa: ASYNC110
        await asyncio.sleep(1)
    rows = await run_sql(
        "SELECT created_at, done_at FROM operation WHERE kind = 'send_welcome' AND state = 'done'"
    )
    owed = [(row["done_at"] - row["created_at"]).total_seconds() for row in rows]
    return max(owed, default=0.0)


async def _count_open() -> int:
    try:
        return await count_open()
    except DatabaseBusy:
        return 1


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

"""Thousands of events, thrice and shuffled, to two portals: our copies end as Stripe has it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from portal.billing.endpoints import forget_endpoints
from portal.billing.stripe_events import BillingEvent, read_event
from portal.billing.stripe_subscription_words import subscription_of
from portal.billing.ticket import next_ticket
from portal.database import run_sql, transaction
from portal.operations.claim import LEASE
from portal.plans.tables import Price
from portal.settings import configure
from portal.subscriptions.sync import keep_subscription
from portal.webhooks import stripe as door
from tests.billing.signing import SECRET
from tests.chaos.figures import Figures
from tests.chaos.flood import SENDERS, TIMES, Flood, count_wrong, until_quiet
from tests.chaos.portals import portals
from tests.chaos.scale import SEED, dice, scaled
from tests.chaos.servers import serving
from tests.onboarding.shop import Shop

MINUTES = 60
EVENTS = scaled(200, 10_000)
PEOPLE = scaled(15, 500)
PROCESSES = 2
QUIET_WITHIN_S = scaled(60.0, 600.0)
UNDER_FIRE = scaled(150, 5_000)
KILLS = scaled(4, 100)


@pytest.fixture
async def flood(shop: Shop) -> AsyncIterator[Flood]:
    """People with a plan each, whom events are about."""
    configure(stripe_webhook_secret=SECRET)
    for number in range(PEOPLE):
        await shop.sign_up("studio", email=f"ada{number}@lovelace.example")
    await shop.work()
    held = await run_sql("SELECT stripe_id FROM subscription ORDER BY stripe_id")
    prices = [row["stripe_id"] for row in await Price.select(Price.stripe_id)]
    assert len(held) == PEOPLE
    yield Flood(shop, [row["stripe_id"] for row in held], prices, dice("events"))
    forget_endpoints()


async def test_our_copies_end_as_stripe_has_it(flood: Flood, figures: Figures) -> None:
    async with AsyncExitStack() as stack:
        doors = []
        for _ in range(PROCESSES):
            url = await stack.enter_async_context(serving(stripe_webhook_secret=SECRET))
            doors.append(
                await stack.enter_async_context(
                    httpx.AsyncClient(base_url=url, timeout=60, verify=False)
                )
            )
        await flood.run(doors, EVENTS)
        await until_quiet(QUIET_WITHIN_S)

    wrong, total = await count_wrong(flood.shop)
    (rows,) = await run_sql("SELECT COUNT(*) AS n FROM inbox_event")
    figures.add(
        f"{EVENTS:,} events × {TIMES}, shuffled, {SENDERS} senders, {PROCESSES} processes",
        mark="copies = truth, 100 %",
        got=f"{total - wrong} of {total}",
        met=not wrong,
    )
    assert wrong == 0
    assert flood.answers == {200: EVENTS * TIMES}
    assert rows["n"] == EVENTS


async def test_no_event_is_lost_to_those_who_die(
    flood: Flood, figures: Figures, tmp_path: Path
) -> None:
    kept = await _flood_the_dying(flood, tmp_path)
    async with portals(tmp_path, places=1, ahead_s=LEASE.total_seconds() + 1):
        await until_quiet(QUIET_WITHIN_S)

    wrong, total = await count_wrong(flood.shop)
    figures.add(
        f"{UNDER_FIRE:,} events × {TIMES}, {KILLS} × kill -9",
        mark="all kept, copies = truth",
        got=f"{kept:,} kept, {total - wrong} of {total}",
        met=kept == UNDER_FIRE and not wrong,
    )
    assert kept == UNDER_FIRE
    assert wrong == 0
    assert flood.answers.keys() == {200}


async def test_with_the_answer_before_the_commit_some_events_are_lost(
    flood: Flood, figures: Figures, tmp_path: Path
) -> None:
    kept = await _flood_the_dying(flood, tmp_path, answers_first=True)

    figures.add(
        f"{UNDER_FIRE:,} events answered before they are kept (control)",
        mark="some lost",
        got=f"{UNDER_FIRE - kept:,} lost",
        met=kept < UNDER_FIRE,
    )
    assert kept < UNDER_FIRE


async def _flood_the_dying(flood: Flood, folder: Path, **order: Any) -> int:
    """Have events come in while portals are killed; return how many were kept."""
    async with (
        portals(folder, places=PROCESSES, kills=KILLS, seed=SEED, **order) as mortal,
        httpx.AsyncClient(base_url=mortal.url) as door,
    ):
        await flood.run([door], UNDER_FIRE)
        await mortal.die()
    (rows,) = await run_sql("SELECT COUNT(*) AS n FROM inbox_event")
    return int(rows["n"])


async def test_with_the_payload_written_some_copies_end_wrong(
    flood: Flood, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    payloads: dict[str, bytes] = {}

    def read(payload: bytes, *given: Any) -> BillingEvent:
        event = read_event(payload, *given)
        payloads[event.event_id] = payload
        return event

    async def write(company: str, event: BillingEvent, *, accepted: bool) -> bool:
        return await write_payload(event, payloads[event.event_id])

    monkeypatch.setattr(door, "read_event", read)
    monkeypatch.setattr(door, "keep", write)
    naive: Any = Litestar([door.take_stripe_event], openapi_config=None, logging_config=None)

    transport = httpx.ASGITransport(naive)
    async with httpx.AsyncClient(transport=transport, base_url="http://us.example") as client:
        await flood.run([client], events=300)

    wrong, total = await count_wrong(flood.shop)
    figures.add(
        "300 × 3, the payload written instead of fetched (control)",
        mark="some wrong",
        got=f"{wrong} of {total} wrong",
        met=wrong > 0,
    )
    assert flood.answers == {200: 300 * TIMES}
    assert wrong > 0


async def write_payload(event: BillingEvent, payload: bytes) -> bool:
    """Do as many do: take what the event says for what is."""
    billed = subscription_of(json.loads(payload)["data"]["object"])
    (row,) = await run_sql(
        "SELECT customer FROM subscription WHERE stripe_id = {}", billed.stripe_id
    )
    ticket = await next_ticket()
    async with transaction():
        wrote = await keep_subscription(row["customer"], billed, ticket)
    return wrote

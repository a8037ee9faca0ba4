"""PostgreSQL is down while events come in: whichever was answered 200 is in the table."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from portal.database import run_sql
from portal.errors import DatabaseBusy
from portal.settings import configure
from tests.billing.signing import SECRET
from tests.chaos.figures import Figures
from tests.chaos.portals import portals
from tests.chaos.scale import scaled
from tests.chaos.sent_events import good
from tests.chaos.test_postgres_restarts import server, shop
from tests.onboarding.shop import Shop
from tests.postgres import PostgresServer

__all__ = ["server", "shop"]

DOWN_S = scaled(0.5, 60.0)
BEFORE_S = scaled(0.3, 10.0)
PER_S = 50
PROCESSES = scaled(1, 2)


@dataclass
class Senders:
    """Events that are sent once each, and what each was answered."""

    url: str
    first: int
    answers: dict[int, int] = field(default_factory=dict)
    retry_after: set[str | None] = field(default_factory=set)

    async def send(self, for_s: float) -> None:
        """Send so many a second, whether or not those before were answered."""
        count = int(for_s * PER_S)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=90)) as http:
            numbers = range(self.first, self.first + count)
            await asyncio.gather(*(self._send(http, each) for each in numbers))

    async def _send(self, http: aiohttp.ClientSession, number: int) -> None:
        await asyncio.sleep((number - self.first) / PER_S)
        event = good(number)
        headers = {"stripe-signature": event.signature.decode()}
        async with http.post(
            f"{self.url}{event.path.decode()}", data=event.body, headers=headers
        ) as answer:
            self.answers[number] = answer.status
            if answer.status == 503:
                self.retry_after.add(answer.headers.get("retry-after"))

    @property
    def kept(self) -> list[str]:
        """Return the events that we said we have."""
        return [f"evt_{number}" for number, status in self.answers.items() if status == 200]


async def test_what_was_answered_200_is_there_when_the_database_is_back(
    shop: Shop, server: PostgresServer, figures: Figures, tmp_path: Path
) -> None:
    configure(stripe_webhook_secret=SECRET)
    async with portals(tmp_path, places=PROCESSES) as running:
        sent = await _send_while_it_is_down(Senders(running.url, 1), server)
    lost = await _missing(sent.kept)
    async with portals(tmp_path, places=PROCESSES, answers_first=True) as running:
        careless = await _send_while_it_is_down(Senders(running.url, 1_000_000), server)
    careless_lost = await _missing(careless.kept)

    refused = sum(status == 503 for status in sent.answers.values())
    figures.add(
        f"PostgreSQL down for {DOWN_S:.0f} s, {PER_S} events a second",
        mark="every event answered 200 is kept, the others 503",
        got=f"{len(sent.kept):,} × 200, {len(lost)} lost; {refused:,} × 503",
        met=not lost and len(sent.kept) + refused == len(sent.answers),
    )
    figures.add(
        "answered before they are kept (control)",
        mark="some lost",
        got=f"{len(careless_lost):,} of {len(careless.kept):,} lost",
        met=bool(careless_lost),
    )
    assert lost == []
    assert set(sent.answers.values()) == {200, 503}
    assert sent.retry_after == {"5"}
    assert careless_lost


async def _send_while_it_is_down(senders: Senders, server: PostgresServer) -> Senders:
    """Have events come in before, while and after the database is down."""
    sending = asyncio.create_task(senders.send(2 * BEFORE_S + DOWN_S))
    await asyncio.sleep(BEFORE_S)
    await asyncio.to_thread(server.stop)
    await asyncio.sleep(DOWN_S)
    await asyncio.to_thread(server.start)
    await sending
    return senders


async def _missing(events: Sequence[str]) -> list[str]:
    async with asyncio.timeout(30):
        while True:
            try:
                rows = await run_sql("SELECT event_id FROM inbox_event")
                break
            except DatabaseBusy:
                await asyncio.sleep(0.1)
    here = {row["event_id"] for row in rows}
    return [event for event in events if event not in here]

"""Alive is whoever answers; ready is who could also do something. Neither keeps anybody waiting."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from portal.app import create_app
from portal.database import close_database, migrate, open_database
from portal.settings import configure
from tests.conftest import create_database
from tests.databases import ON_POSTGRES
from tests.onboarding.shop import Shop
from tests.pages.browsing import browser_at
from tests.postgres import PostgresServer, running_postgres

BACK_WITHIN_S = 60.0


@asynccontextmanager
async def nobody_can_read(database: str) -> AsyncIterator[None]:
    """Hold the lock that every look at the schema needs."""
    other = await asyncpg.connect(database)
    try:
        async with other.transaction():
            await other.execute("LOCK TABLE migration IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await other.close()


@ON_POSTGRES
async def test_a_database_that_hangs_is_told_of_within_a_second_or_two(
    shop: Shop, database: str
) -> None:
    async with browser_at(create_app()) as http:
        async with nobody_can_read(database):
            asked = [asyncio.create_task(http.get("/readyz")) for _ in range(50)]
            await asyncio.sleep(0.1)
            health = await http.get("/healthz")
            # Not one after the other, nor for as long as the database hangs.
            async with asyncio.timeout(30):
                answers = await asyncio.gather(*asked)
        after = await http.get("/readyz")

    assert health.status_code == 200
    assert {answer.status_code for answer in answers} == {503}
    assert answers[0].json() == {
        "status": "unavailable",
        "checks": {"database": False, "schema": False, "worker": True},
        "why": ["The database does not answer within 1 s."],
        "warnings": [],
    }
    assert after.status_code == 200


async def test_a_server_that_goes_and_comes_back_is_followed() -> None:
    with running_postgres() as server:
        await _prepare(server)
        portal = create_app()
        async with portal.doors.lifespan(), browser_at(portal) as http:
            first = await http.get("/readyz")
            await asyncio.to_thread(server.stop)
            health, gone = await http.get("/healthz"), await http.get("/readyz")
            await asyncio.to_thread(server.start)
            back = await _until_ready(http)

    assert (first.status_code, health.status_code, back) == (200, 200, 200)
    assert gone.status_code == 503
    assert gone.json()["checks"]["database"] is False
    assert gone.json()["why"] == ["The database cannot be asked (DatabaseBusy)."]


async def _prepare(server: PostgresServer) -> None:
    configure(database_url=await create_database(server, "portal"))
    await open_database(prepare=False)
    await migrate()
    await close_database()


async def _until_ready(http: httpx.AsyncClient) -> int:
    async with asyncio.timeout(BACK_WITHIN_S):
        while (await http.get("/readyz")).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return 200


async def test_who_gives_up_asking_takes_nobody_else_along(shop: Shop, database: str) -> None:
    async with browser_at(create_app()) as http:
        impatient = asyncio.create_task(http.get("/readyz"))
        patient = asyncio.create_task(http.get("/readyz"))
        await asyncio.sleep(0)
        impatient.cancel()

        assert (await patient).status_code == 200


async def test_health_asks_the_database_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.database.transactions import OwnEngine

    asked: list[Any] = []

    async def listen_in(_engine: Any, *statement: Any) -> Any:
        asked.append(statement)
        return []

    monkeypatch.setattr(OwnEngine, "run_sql", listen_in)
    async with browser_at(create_app()) as http:
        health = await http.get("/healthz")

    assert health.json() == {"status": "ok"}
    assert asked == []


async def test_a_worker_that_stands_still_is_told_of_with_its_age(shop: Shop) -> None:
    portal = create_app()
    portal.doors.state.worker = shop.worker
    shop.worker.last_round_at -= 3600
    async with browser_at(portal) as http:
        ready = await http.get("/readyz")

    assert ready.status_code == 503
    [why] = ready.json()["why"]
    assert re.fullmatch(r"The worker's last round ended 36\d\d s ago\.", why)


@pytest.mark.parametrize(
    ("skew_s", "said"),
    [(-45, "4[456] s ahead of"), (45, "4[456] s behind"), (-15, None)],
)
async def test_a_clock_that_is_off_is_told_of_and_turns_nobody_away(
    skew_s: int, said: str | None, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    await shop.stripe.control("POST", "/date", {"skew": skew_s})
    await shop.sign_up()
    await shop.work()
    async with browser_at(create_app()) as http:
        ready = await http.get("/readyz")

    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert caplog.text.count("clock.skewed") == (1 if said else 0)
    if said is None:
        assert ready.json()["warnings"] == []
        return
    [warning] = ready.json()["warnings"]
    assert re.match(f"Our clock is {said} Stripe's", warning)

"""PostgreSQL crashes and comes back, connections are killed: what was acknowledged is stored."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from piccolo.columns import Integer
from piccolo.engine.postgres import PostgresEngine
from piccolo.table import Table

from portal import database as portal_database
from portal.billing.gateway import close_gateways
from portal.database import run_sql
from portal.settings import configure
from tests.chaos.crowd import Crowd
from tests.chaos.figures import Figures
from tests.chaos.portals import portals
from tests.chaos.scale import dice, scaled
from tests.chaos.tally import tally, until_done
from tests.conftest import create_database
from tests.limits import lift_limits
from tests.local_stripe import LocalStripe
from tests.onboarding.shop import Shop, open_shop
from tests.postgres import PostgresServer, running_postgres

PEOPLE = scaled(20, 1000)
SPREAD_S = scaled(4.0, 90.0)
RESTARTS = scaled(1, 20)
KILLS = scaled(5, 100)
BACK_WITHIN_S = 5.0
# What a person may see while the database is away; never a 500, never a connection cut.
_ANSWERS = {"form 200", "form 503", "503", "billing portal", "/signup/status"}


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[PostgresServer]:
    """A server of our own, because these trials kill it."""
    with running_postgres() as started:
        yield started


@pytest.fixture
async def shop(server: PostgresServer, sandbox: LocalStripe) -> AsyncIterator[Shop]:
    """An open shop in its database."""
    url = await create_database(server, "mortal")
    configure(database_url=url)
    await portal_database.open_database(url, prepare=False)
    await portal_database.migrate()
    yield await open_shop(sandbox)
    await close_gateways()
    await portal_database.close_database()


async def test_restarts_lose_nothing_and_need_no_help(
    shop: Shop, server: PostgresServer, figures: Figures, tmp_path: Path
) -> None:
    luck = dice("restarts")

    async def restart() -> None:
        await asyncio.sleep(luck.uniform(0.4, 0.9) * SPREAD_S / RESTARTS)
        await asyncio.to_thread(server.restart)

    crowd, back_at = await _sign_up_while(restart, RESTARTS, tmp_path)

    await _judge(shop, figures, crowd, back_at, f"{RESTARTS} × restarted (immediate)")


async def test_killed_connections_lose_nothing_and_need_no_help(
    shop: Shop, server: PostgresServer, figures: Figures, tmp_path: Path
) -> None:
    luck = dice("kills")
    stranger = await asyncpg.connect(server.url())

    async def kill_all() -> None:
        await asyncio.sleep(luck.uniform(0.4, 0.9) * SPREAD_S / KILLS)
        await stranger.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'portal'"
        )

    crowd, back_at = await _sign_up_while(kill_all, KILLS, tmp_path)
    await stranger.close()

    await _judge(shop, figures, crowd, back_at, f"all connections killed {KILLS} ×")


async def test_with_piccolos_own_engine_a_task_never_recovers(
    server: PostgresServer, figures: Figures
) -> None:
    """The negative control: what died in a transaction stays the task's for ever."""
    stock = PostgresEngine(config={"dsn": server.url()}, log_queries=False)

    class Counter(Table, db=stock):
        value = Integer(default=0)

    async def count_up(meanwhile: Callable[[], Awaitable[Any]] | None = None) -> bool:
        try:
            async with stock.transaction():
                await Counter.update({Counter.value: Counter.value + 1}, force=True)
                if meanwhile:
                    await meanwhile()
        except Exception:
            return False
        return True

    await stock.start_connection_pool()
    await Counter.create_table()
    assert await count_up()
    assert not await count_up(lambda: asyncio.to_thread(server.restart))
    later = [await count_up() for _ in range(10)]
    with contextlib.suppress(Exception):
        await asyncio.wait_for(stock.close_connection_pool(), 1)

    figures.add(
        "a task of Piccolo's own engine after a restart (control)",
        mark="never recovers",
        got=f"{later.count(False)} of 10 later rounds fail",
        met=not any(later),
    )
    assert not any(later)


async def _sign_up_while(
    trouble: Callable[[], Awaitable[None]], times: int, folder: Path
) -> tuple[Crowd, Sequence[float]]:
    """Have people sign up while the database has trouble; return when each trouble was over."""
    await lift_limits()
    crowd, back_at = Crowd(PEOPLE), []
    async with portals(folder, places=2) as running:
        coming = asyncio.create_task(crowd.come([running.url], spread_s=SPREAD_S))
        for _ in range(times):
            await trouble()
            back_at.append(time.time())
        await coming
        await until_done(120)
        assert "round_failed" not in running.log()
    return crowd, back_at


async def _judge(
    shop: Shop, figures: Figures, crowd: Crowd, back_at: Sequence[float], what: str
) -> None:
    found = await tally(shop, crowd.acknowledged)
    rows = await run_sql("SELECT done_at FROM operation WHERE state = 'done'")
    worked = [row["done_at"].timestamp() for row in rows]
    served_s = _longest(back_at, list(crowd.acknowledged.values()))
    worked_s = _longest(back_at, worked)
    figures.add(
        f"{what} during {PEOPLE} sign-ups",
        mark="acknowledged = stored, one of each",
        got=str(found),
        met=found.is_right and len(crowd.acknowledged) == PEOPLE,
    )
    for whose, got_s in (("people are served", served_s), ("the worker works", worked_s)):
        figures.add(
            f"… {whose} again, longest, without a restart of ours",
            mark=f"≤ {BACK_WITHIN_S:.0f} s",
            got=f"{got_s:.1f} s",
            met=got_s <= BACK_WITHIN_S,
        )
    assert len(crowd.acknowledged) == PEOPLE
    assert found.is_right, found
    assert crowd.answers.keys() <= _ANSWERS, crowd.answers


def _longest(back_at: Sequence[float], moments: Sequence[float]) -> float:
    """Return the longest time from a return to the next success; at the end there may be none."""
    waits = [
        min((moment - back for moment in moments if moment > back), default=0.0) for back in back_at
    ]
    return max(waits)

"""What only PostgreSQL can do wrong: dying connections, a server that goes, an empty pool."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from portal.database import close_database, migrate, open_database, pool, run_sql, transaction
from portal.errors import DatabaseBusy, NoDatabase
from portal.settings import configure
from tests.conftest import create_database
from tests.postgres import PostgresServer, running_postgres

POOL = 3


@pytest.fixture(scope="module")
async def server(anyio_backend: str) -> AsyncIterator[PostgresServer]:
    """A server of our own, because these tests kill it."""
    with running_postgres() as server:
        await create_database(server, "mortal")
        configure(secret="x" * 32)
        await open_database(server.url("mortal"), prepare=False)
        await run_sql("CREATE TABLE counter (value BIGINT NOT NULL)")
        await run_sql("INSERT INTO counter VALUES (0)")
        await close_database()
        yield server


@pytest.fixture
async def opened(server: PostgresServer) -> AsyncIterator[PostgresServer]:
    configure(database_pool=POOL)
    await open_database(server.url("mortal"), prepare=False)
    await run_sql("UPDATE counter SET value = 0")
    yield server
    await close_database()


async def count_up(hold_s: float = 0) -> None:
    async with transaction():
        await run_sql("UPDATE counter SET value = value + 1")
        await asyncio.sleep(hold_s)


async def counted() -> int:
    (row,) = await run_sql("SELECT value FROM counter")
    return int(row["value"])


async def kill_connections(server: PostgresServer) -> None:
    stranger = await asyncpg.connect(server.url("mortal"))
    await stranger.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'portal' AND pid <> pg_backend_pid()"
    )
    await stranger.close()


async def test_a_killed_connection_is_busy_once_and_then_forgotten(opened: PostgresServer) -> None:
    for _ in range(20):
        with pytest.raises(DatabaseBusy):
            async with transaction():
                await run_sql("UPDATE counter SET value = 100")
                await kill_connections(opened)
                await run_sql("UPDATE counter SET value = 101")
        await count_up()

    assert await counted() == 20


async def test_a_connection_killed_before_its_commit_commits_nothing(
    opened: PostgresServer,
) -> None:
    with pytest.raises(DatabaseBusy):
        async with transaction():
            await run_sql("UPDATE counter SET value = 100")
            await kill_connections(opened)

    assert await counted() == 0


async def test_an_error_in_a_block_whose_connection_died_is_the_one_we_see(
    opened: PostgresServer,
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await run_sql("UPDATE counter SET value = 100")
            await kill_connections(opened)
            raise ZeroDivisionError

    await count_up()
    assert await counted() == 1


async def test_connections_killed_at_rest_are_replaced(opened: PostgresServer) -> None:
    for _ in range(5):
        await asyncio.gather(*(count_up() for _ in range(POOL)))
        await kill_connections(opened)
        for _ in range(POOL):
            # Each of them may be met before its end is.
            with contextlib.suppress(DatabaseBusy):
                await counted()

    assert await counted() == 5 * POOL


async def test_a_server_that_restarts_is_found_again_by_the_same_task(
    opened: PostgresServer,
) -> None:
    succeeded = 0

    async def worker() -> None:
        nonlocal succeeded
        while succeeded < 200:
            try:
                await count_up()
                succeeded += 1
            except DatabaseBusy:
                await asyncio.sleep(0.01)

    workers = [asyncio.create_task(worker()) for _ in range(4)]
    for _ in range(3):
        await asyncio.sleep(0.1)
        await asyncio.to_thread(opened.restart)
    await asyncio.wait_for(asyncio.gather(*workers), 90)

    assert await counted() >= 200


async def test_a_server_that_is_gone_is_busy(opened: PostgresServer) -> None:
    opened.stop()
    try:
        with pytest.raises(DatabaseBusy):
            await counted()
        with pytest.raises(DatabaseBusy):
            await count_up()
        with pytest.raises(DatabaseBusy):
            await open_database(opened.url("mortal"), prepare=False)
    finally:
        opened.start()

    await open_database(opened.url("mortal"), prepare=False)
    before = await counted()
    await count_up()
    assert await counted() == before + 1


async def test_a_server_that_does_not_let_us_in_or_do_it_is_told_apart_from_one_that_is_gone(
    opened: PostgresServer,
) -> None:
    await run_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    await run_sql("CREATE ROLE guest LOGIN")
    ours = opened.url("mortal")

    for wrong, said in (
        (opened.url("nowhere"), 'database "nowhere" does not exist'),
        (ours.replace("portal@", "mallory@"), 'role "mallory" does not exist'),
    ):
        with pytest.raises(NoDatabase, match=f"{said}. Look at PORTAL_DATABASE_URL"):
            await open_database(wrong, prepare=False)
    await open_database(ours.replace("portal@", "guest@"), prepare=False)
    with pytest.raises(NoDatabase, match="permission denied for schema public"):
        await migrate()


async def test_an_empty_pool_is_busy_after_a_while_and_whole_afterwards(
    opened: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go_on = asyncio.Barrier(POOL + 1), asyncio.Event()

    async def hold() -> None:
        async with transaction():
            await run_sql("SELECT 1")
            await inside.wait()
            await go_on.wait()

    holders = [asyncio.create_task(hold()) for _ in range(POOL)]
    await inside.wait()
    monkeypatch.setattr(pool, "PATIENCE_S", 0.1)

    with pytest.raises(DatabaseBusy):
        await counted()
    with pytest.raises(DatabaseBusy):
        await count_up()

    monkeypatch.undo()
    go_on.set()
    await asyncio.gather(*holders)
    await asyncio.gather(*(count_up() for _ in range(POOL)))
    assert await counted() == POOL


async def test_no_more_connections_are_opened_than_the_setting_says(
    opened: PostgresServer,
) -> None:
    await asyncio.gather(*(count_up(0.01) for _ in range(30)))

    (row,) = await run_sql(
        "SELECT COUNT(*) AS many FROM pg_stat_activity WHERE application_name = 'portal'"
    )
    assert row["many"] == POOL


async def test_a_table_that_grew_is_busy_once_in_a_transaction_and_then_read_as_it_is(
    opened: PostgresServer,
) -> None:
    async def read() -> int:
        async with transaction():
            (row,) = await run_sql("SELECT * FROM counter")
        return len(row)

    assert await read() == 1
    await run_sql("ALTER TABLE counter ADD COLUMN of_next_release VARCHAR(20) DEFAULT ''")

    with pytest.raises(DatabaseBusy, match="cached"):
        await read()

    assert await read() == 2
    await run_sql("ALTER TABLE counter DROP COLUMN of_next_release")


async def test_a_cancelled_statement_does_not_reach_the_next_user(opened: PostgresServer) -> None:
    sleepers = [asyncio.create_task(run_sql("SELECT pg_sleep(30)")) for _ in range(POOL)]
    await asyncio.sleep(0.1)
    for sleeper in sleepers:
        sleeper.cancel()
    await asyncio.gather(*sleepers, return_exceptions=True)

    # Each would wait for the 30 s of the statement before it.
    await asyncio.wait_for(asyncio.gather(*(count_up() for _ in range(20))), 20)
    assert await counted() == 20


async def test_a_block_cancelled_in_its_statement_ends_at_once(opened: PostgresServer) -> None:
    async def long_one() -> None:
        async with transaction():
            await run_sql("UPDATE counter SET value = 100")
            await run_sql("SELECT pg_sleep(30)")

    task = asyncio.create_task(long_one())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 20)

    await asyncio.wait_for(count_up(), 20)
    assert await counted() == 1


async def test_two_who_wait_for_each_other_are_busy_not_stuck(opened: PostgresServer) -> None:
    await run_sql("CREATE TABLE IF NOT EXISTS pair (id INT PRIMARY KEY, value INT)")
    await run_sql("INSERT INTO pair VALUES (1, 0), (2, 0) ON CONFLICT DO NOTHING")

    each_holds_one = asyncio.Barrier(2)

    async def in_order(first: int, second: int) -> None:
        async with transaction():
            await run_sql("UPDATE pair SET value = value + 1 WHERE id = {}", first)
            await each_holds_one.wait()
            await run_sql("UPDATE pair SET value = value + 1 WHERE id = {}", second)

    outcomes = await asyncio.gather(in_order(1, 2), in_order(2, 1), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["DatabaseBusy", "NoneType"]

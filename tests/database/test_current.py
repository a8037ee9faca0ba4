"""One database is open at a time, for every table; a closed one says so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from portal.billing.tables import Ticket
from portal.database import (
    close_database,
    engine,
    is_sqlite,
    open_database,
    run_sql,
    skip_locked,
    transaction,
)
from portal.errors import DatabaseBusy
from portal.settings import WrongSetting


async def test_a_closed_database_says_so() -> None:
    with pytest.raises(RuntimeError, match="open_database"):
        engine()


async def test_closing_twice_is_safe(database: str) -> None:
    await close_database()
    await close_database()

    with pytest.raises(RuntimeError, match="open_database"):
        engine()
    await open_database(database)
    assert await Ticket.count() == 1


async def test_an_address_of_neither_kind_is_refused() -> None:
    with pytest.raises(WrongSetting, match="sqlite:/// or postgresql://"):
        await open_database("mysql://portal@localhost/portal")


async def test_the_settings_name_the_database() -> None:
    await open_database()
    assert await Ticket.count() == 1
    await close_database()


async def test_opening_another_moves_every_table_there(tmp_path: Path, database: str) -> None:
    await run_sql("UPDATE ticket SET value = 7")

    await open_database(f"sqlite:///{tmp_path / 'other.sqlite'}")

    assert [row["value"] for row in await Ticket.select()] == [0]
    assert is_sqlite()


async def test_claims_skip_locked_rows_where_there_are_any(database: str) -> None:
    assert skip_locked() == ("" if database.startswith("sqlite") else " FOR UPDATE SKIP LOCKED")
    async with transaction():
        await run_sql(f"SELECT value FROM ticket{skip_locked()}")


async def test_closing_ends_what_is_under_way(database: str) -> None:
    """On SQLite a block under way ends first; on PostgreSQL it is undone."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def block() -> None:
        async with transaction():
            await run_sql("UPDATE ticket SET value = 7")
            begun.set()
            await go_on.wait()

    task = asyncio.create_task(block())
    await begun.wait()
    closing = asyncio.create_task(close_database())

    if database.startswith("sqlite"):
        await asyncio.sleep(0)
        go_on.set()
        await closing
        await task
    else:
        await closing
        go_on.set()
        with pytest.raises(DatabaseBusy):
            await task
    await open_database(database, prepare=False)
    (row,) = await run_sql("SELECT value FROM ticket")
    assert row["value"] == (7 if is_sqlite() else 0)

"""What only SQLite can do wrong."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from piccolo.columns import Integer
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.table import Table

from portal.database import (
    close_database,
    engine,
    open_database,
    run_sql,
    sqlite_writer,
    transaction,
)
from portal.database import sqlite as our_sqlite
from portal.database.sqlite import HardenedSQLite
from portal.errors import DatabaseBusy, NoDatabase

SLOW = """SELECT COUNT(*) AS many FROM (WITH RECURSIVE number (n) AS
 (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 400000) SELECT n FROM number)"""
# Minutes, on whatever machine.
ENDLESS = SLOW.replace("400000", "4000000000")


@pytest.fixture
async def path(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Path]:
    """A new database, open."""
    path = tmp_path / "portal.sqlite"
    await open_database(f"sqlite:///{path}")
    yield path
    await close_database()


def ours() -> HardenedSQLite:
    opened = engine()
    assert isinstance(opened, HardenedSQLite)
    return opened


async def ticket() -> int:
    (row,) = await run_sql("SELECT value FROM ticket")
    return int(row["value"])


async def count_up() -> None:
    async with transaction():
        await run_sql("UPDATE ticket SET value = value + 1")


async def test_every_connection_is_set_up_to_keep_what_it_acknowledged(path: Path) -> None:
    await asyncio.gather(*(run_sql(SLOW) for _ in range(4)))

    connections = list(ours().connections())
    assert len(connections) >= 3
    for connection in connections:
        assert pragma(connection, "journal_mode") == "wal"
        assert pragma(connection, "synchronous") == 2  # FULL
        assert pragma(connection, "foreign_keys") == 1
        assert pragma(connection, "secure_delete") == 1
    waits = {pragma(connection, "busy_timeout") for connection in connections}
    assert waits == {0, 30_000}, "those of the event loop wait in the event loop"


def pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


async def test_connections_are_kept(path: Path) -> None:
    before = list(ours().connections())

    for _ in range(20):
        await count_up()
        await ticket()

    assert list(ours().connections()) == before


async def test_a_new_file_is_for_our_eyes_only(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_slow_read_does_not_hold_up_the_others(path: Path) -> None:
    slow = asyncio.create_task(run_sql(ENDLESS))
    await asyncio.sleep(0)

    await count_up()

    assert not slow.done()
    assert await ticket() == 1
    await close_database()
    with pytest.raises(DatabaseBusy):
        await slow


async def test_a_full_disk_is_busy_and_then_forgotten(path: Path) -> None:
    writer, _ = ours().connections()
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    for _ in range(3):
        with pytest.raises(DatabaseBusy):
            await write_much()
    writer.execute(f"PRAGMA max_page_count = {2**30}").fetchall()
    await write_much()

    assert [row["n"] for row in await run_sql("SELECT COUNT(*) AS n FROM pause")] == [1]


async def write_much() -> None:
    await run_sql(
        "INSERT INTO pause (company, reason, since) VALUES ('ada', {}, '2030-01-01')", "x" * 500_000
    )


async def test_what_follows_a_full_disk_in_the_same_block_is_not_kept(path: Path) -> None:
    writer, _ = ours().connections()
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    writer.execute("PRAGMA cache_size = 1").fetchall()

    with pytest.raises(DatabaseBusy):
        async with transaction():
            await run_sql("UPDATE ticket SET value = 7")
            with pytest.raises(DatabaseBusy):
                await write_much()
            # SQLite has rolled back: without a guard, this would commit by itself.
            writer.execute("ROLLBACK") if writer.in_transaction else None
            await run_sql("UPDATE ticket SET value = 8")

    assert await ticket() == 0
    await count_up()
    assert await ticket() == 1


async def test_a_commit_after_sqlite_gave_up_is_no_success(path: Path) -> None:
    writer, _ = ours().connections()

    with pytest.raises(DatabaseBusy):
        async with transaction():
            await run_sql("UPDATE ticket SET value = 7")
            writer.execute("ROLLBACK")

    await count_up()
    assert await ticket() == 1


async def test_a_broken_connection_is_replaced(path: Path) -> None:
    writer, _ = ours().connections()

    with pytest.raises(sqlite3.ProgrammingError):
        async with transaction():
            writer.close()
            await run_sql("UPDATE ticket SET value = 7")

    await count_up()
    assert await ticket() == 1


async def test_a_lock_of_another_process_is_waited_for(path: Path) -> None:
    with locked_by_another(path):
        writing = [asyncio.create_task(count_up()) for _ in range(20)]
        done, _ = await asyncio.wait(writing, timeout=0.4)
        assert not done

    await asyncio.gather(*writing)
    assert await ticket() == 20


async def test_waiting_for_another_process_does_not_hold_up_the_loop(path: Path) -> None:
    with locked_by_another(path):
        waiting = asyncio.create_task(count_up())
        for _ in range(20):
            await asyncio.sleep(0.01)
            assert not waiting.done()

    await waiting


async def test_reading_goes_on_while_another_process_writes(path: Path) -> None:
    with locked_by_another(path):
        assert await ticket() == 0


async def test_a_lock_that_stays_is_busy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_writer, "PATIENCE_S", 0.1)

    with locked_by_another(path):
        outcomes = await asyncio.gather(*(count_up() for _ in range(5)), return_exceptions=True)
    monkeypatch.undo()
    await count_up()

    assert {type(outcome) for outcome in outcomes} == {DatabaseBusy}
    assert await ticket() == 1


@contextlib.contextmanager
def locked_by_another(path: Path) -> Iterator[None]:
    """Write as another process would, as long as the block lasts."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("COMMIT")


async def test_those_who_wait_are_committed_together(path: Path) -> None:
    writer, _ = ours().connections()
    commits: list[str] = []
    writer.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)

    await asyncio.gather(*(count_up() for _ in range(20)))

    assert await ticket() == 20
    assert len(commits) == 2, "the first found nobody in line"


async def test_an_error_in_one_block_leaves_those_that_are_committed_with_it(path: Path) -> None:
    outcomes = await asyncio.gather(
        *(count_up_slowly(), fail_halfway(), count_up(), fail_halfway(), count_up()),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [
        *(type(None), ZeroDivisionError, type(None), ZeroDivisionError, type(None))
    ]
    assert await ticket() == 3


async def test_what_undoes_all_blocks_is_told_to_all_of_them(path: Path) -> None:
    writer, _ = ours().connections()

    async def undo_everything() -> None:
        async with transaction():
            writer.execute("ROLLBACK")

    outcomes = await asyncio.gather(
        count_up_slowly(), undo_everything(), count_up(), return_exceptions=True
    )

    assert [type(outcome) for outcome in outcomes] == [DatabaseBusy, DatabaseBusy, type(None)]
    assert await ticket() == 1


async def test_a_commit_that_fails_is_told_to_all_it_was_for(path: Path) -> None:
    await run_sql(
        "CREATE TABLE orphan (company REFERENCES company (id) DEFERRABLE INITIALLY DEFERRED)"
    )

    async def orphan() -> None:
        async with transaction():
            await run_sql("INSERT INTO orphan (company) VALUES ('nobody')")

    outcomes = await asyncio.gather(count_up_slowly(), orphan(), count_up(), return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {sqlite3.IntegrityError}
    assert await ticket() == 0
    await count_up()
    assert await ticket() == 1


async def count_up_slowly() -> None:
    """Count up, and let others get in line meanwhile."""
    async with transaction():
        await asyncio.sleep(0)
        await run_sql("UPDATE ticket SET value = value + 1")


async def fail_halfway() -> None:
    async with transaction():
        await run_sql("UPDATE ticket SET value = value + 100")
        raise ZeroDivisionError


async def test_a_file_that_is_no_database_of_ours_to_open_is_named(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    """In a folder that is not there, in a file, a folder itself, a text, a database cut short."""
    text, cut = tmp_path / "text", tmp_path / "cut"
    text.write_text("Tea is served at four. " * 100)
    cut.write_bytes(migrated_sqlite.read_bytes()[:6000])

    for path in (tmp_path / "missing" / "x", text / "x", tmp_path, text, cut):
        with pytest.raises(NoDatabase, match=f"^{path} cannot be opened.*PORTAL_DATABASE_URL"):
            await open_database(f"sqlite:///{path}")


async def test_closing_does_not_wait_for_a_slow_read(path: Path) -> None:
    endless = asyncio.create_task(run_sql(ENDLESS))
    await asyncio.sleep(0.2)

    await close_database()

    with pytest.raises(DatabaseBusy):
        await endless


async def test_closing_does_not_wait_for_a_block_that_does_not_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(our_sqlite, "_LAST_BLOCK_S", 0.1)
    opened, begun, go_on = ours(), asyncio.Event(), asyncio.Event()

    async def block() -> None:
        async with transaction():
            await run_sql("UPDATE ticket SET value = 7")
            begun.set()
            await go_on.wait()

    task = asyncio.create_task(block())
    await begun.wait()
    await close_database()
    go_on.set()

    with pytest.raises(sqlite3.ProgrammingError):
        await task
    with pytest.raises(DatabaseBusy):
        await opened.run_sql("SELECT value FROM ticket")
    await open_database(f"sqlite:///{path}")
    assert await ticket() == 0


@pytest.mark.parametrize("ending", ["await close_database()", "pass"])
async def test_the_process_ends_closed_or_not(tmp_path: Path, ending: str) -> None:
    program = f"""
import asyncio
from portal.database import close_database, open_database, run_sql
from portal.settings import configure
configure(secret="x" * 32, database_url="sqlite:///{tmp_path}/portal.sqlite")
async def main():
    await open_database()
    await asyncio.gather(*(run_sql("UPDATE ticket SET value = value + 1") for _ in range(20)))
    await run_sql({SLOW!r})
    {ending}
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)

    assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_piccolos_own_engine_fails_where_ours_does_not(tmp_path: Path) -> None:
    """The negative control of the fifty writers: without our engine, they meet a lock."""
    stock = SQLiteEngine(path=str(tmp_path / "stock.sqlite"))

    class Counter(Table, db=stock):
        value = Integer(default=0)

    await Counter.create_table()
    await Counter.insert(Counter(value=0))

    async def writer() -> None:
        async with stock.transaction():
            await Counter.select()
            await Counter.update({Counter.value: Counter.value + 1}, force=True)

    outcomes = await asyncio.gather(*(writer() for _ in range(50)), return_exceptions=True)

    assert any("locked" in str(outcome) for outcome in outcomes)


async def test_four_processes_write_side_by_side(path: Path) -> None:
    program = f"""
import asyncio
from portal.database import close_database, open_database, run_sql, transaction
from portal.settings import configure
configure(secret="x" * 32, database_url="sqlite:///{path}")
async def write():
    async with transaction():
        await run_sql("SELECT value FROM ticket")
        await run_sql("UPDATE ticket SET value = value + 1")
async def main():
    await open_database()
    await asyncio.gather(*(write() for _ in range(100)))
    await close_database()
asyncio.run(main())
"""
    processes = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(4)]
    codes = [await asyncio.to_thread(process.wait, 60) for process in processes]

    assert codes == [0, 0, 0, 0]
    assert await ticket() == 400

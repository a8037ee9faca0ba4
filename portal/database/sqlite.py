"""SQLite, hardened: WAL, one writer at a time, kept connections, nothing left behind by an error.

Statements run in the event loop's own thread, because handing one to another thread costs twenty
times the statement. What can take long goes to a thread: COMMIT waits for the disk, and a read that
is not done quickly starts again there (docs/decisions/0008).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from piccolo.engine.sqlite import SQLiteEngine

from portal.database import sqlite_wire as wire
from portal.database.transactions import PATIENCE_S, OpenTransaction, OwnEngine, Rows
from portal.errors import DatabaseBusy

SCHEME = "sqlite:///"

_POLL_S = 0.002
_LAST_BLOCK_S = 3.0


class HardenedSQLite(OwnEngine, SQLiteEngine):
    """Piccolo's engine over our connections: one writes, one reads, a few are for slow reads."""

    def __init__(self, url: str) -> None:
        SQLiteEngine.__init__(self, path=url.removeprefix(SCHEME))
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit")
        self._slow = wire.SlowReaders(self.connection_kwargs)
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._is_closed = False

    async def open(self) -> None:
        """Create the file when it is missing, for our eyes only, and connect."""
        with wire.our_errors():
            if not Path(self.path).exists():
                Path(self.path).touch(mode=0o600)
            self._writer = wire.connect_writer(self.connection_kwargs)
            self._reader = wire.connect_reader(self.connection_kwargs)

    async def close(self) -> None:
        """Let the block under way end, for a while; stop slow reads; close every connection."""
        self._is_closed = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._turn.acquire(), _LAST_BLOCK_S)
        self._thread.shutdown()
        self._slow.stop()
        for connection in self.connections():
            connection.close()

    def connections(self) -> Iterator[sqlite3.Connection]:
        """Yield every connection."""
        yield from (kept for kept in (self._writer, self._reader) if kept)
        yield from self._slow.connections

    def new_transaction(self) -> SQLiteTransaction:
        """Return a transaction that has not begun."""
        return SQLiteTransaction(self)

    async def run_alone(self, sql: str, args: Sequence[Any]) -> Rows:
        """Read beside the writer, or write in a transaction of its own."""
        if sql.lstrip()[:6].upper() == "SELECT":
            return await self._read(sql, args)
        async with SQLiteTransaction(self) as transaction:
            rows = await transaction.run(sql, args)
        return rows

    async def _read(self, sql: str, args: Sequence[Any]) -> Rows:
        self._refuse_when_closed()
        with wire.our_errors():
            self._reader = self._reader or wire.connect_reader(self.connection_kwargs)
            try:
                return wire.rows_of(self._reader, sql, args)
            except sqlite3.OperationalError as error:
                if wire.primary_code(error) not in (wire.BUSY, wire.INTERRUPTED):
                    raise
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._slow.threads, self._slow.read, sql, args)

    async def begin(self) -> sqlite3.Connection:
        """Wait for our turn in this process, then for other processes, and begin to write.

        Raises:
            DatabaseBusy: not within PATIENCE_S, or the file cannot be written.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._turn.acquire()
                try:
                    return await self._begin()
                except BaseException:
                    self._turn.release()
                    raise
        except TimeoutError as error:
            raise DatabaseBusy(f"No turn to write within {PATIENCE_S:.0f} s.") from error

    async def _begin(self) -> sqlite3.Connection:
        self._refuse_when_closed()
        with wire.our_errors():
            self._writer = self._writer or wire.connect_writer(self.connection_kwargs)
            while True:
                try:
                    self._writer.execute("BEGIN IMMEDIATE")
                    return self._writer
                except sqlite3.OperationalError as error:
                    if wire.primary_code(error) != wire.BUSY:
                        raise
                # Another process writes.
                await asyncio.sleep(random.uniform(_POLL_S / 2, _POLL_S * 2))  # noqa: S311

    async def commit(self, writer: sqlite3.Connection) -> None:
        """Commit in the thread. The turn ends when the thread is done, even if nobody waits."""
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._thread, writer.execute, "COMMIT")
        done.add_done_callback(lambda _: self.end_turn(writer))
        with wire.our_errors():
            await asyncio.shield(done)

    def end_turn(self, writer: sqlite3.Connection) -> None:
        """Undo what is not committed, drop a connection that cannot even do that; next, please."""
        try:
            if writer.in_transaction:
                writer.execute("ROLLBACK")
        except sqlite3.Error:
            writer.close()
            self._writer = None
        finally:
            self._turn.release()

    def _refuse_when_closed(self) -> None:
        if self._is_closed:
            raise DatabaseBusy("The database is closed.")


class SQLiteTransaction(OpenTransaction):
    """BEGIN IMMEDIATE on the one connection that writes."""

    engine: HardenedSQLite

    async def begin(self) -> None:
        """Wait for our turn and begin."""
        self._writer = await self.engine.begin()

    async def run(self, sql: str, args: Sequence[Any]) -> Rows:
        """Run one statement, unless an error has already undone everything."""
        self._refuse_when_undone()
        with wire.our_errors():
            return wire.rows_of(self._writer, sql, args)

    async def commit(self) -> None:
        """Commit in the thread."""
        try:
            self._refuse_when_undone()
        except BaseException:
            self.engine.end_turn(self._writer)
            raise
        await self.engine.commit(self._writer)

    async def roll_back(self) -> None:
        """Undo everything."""
        self.engine.end_turn(self._writer)

    def _refuse_when_undone(self) -> None:
        # A full disk makes SQLite roll back by itself; the next statement would commit alone.
        if not self._writer.in_transaction:
            raise DatabaseBusy("An error has undone this transaction.")

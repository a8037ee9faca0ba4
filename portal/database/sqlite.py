"""SQLite, hardened: WAL, one writer at a time, kept connections, nothing left behind by an error.

Statements run in the event loop's own thread, because handing one to another thread costs twenty
times the statement. What can take long goes to a thread: COMMIT waits for the disk, and a read that
is not done quickly starts again there (docs/decisions/0008).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from piccolo.engine.sqlite import SQLiteEngine

from portal.database import sqlite_wire as wire
from portal.database.sqlite_writer import Batch, Writer
from portal.database.transactions import OpenTransaction, OwnEngine, Rows
from portal.errors import DatabaseBusy

SCHEME = "sqlite:///"

_LAST_BLOCK_S = 3.0


class HardenedSQLite(OwnEngine, SQLiteEngine):
    """Piccolo's engine over our connections: one writes, one reads, a few are for slow reads."""

    def __init__(self, url: str) -> None:
        SQLiteEngine.__init__(self, path=url.removeprefix(SCHEME))
        self.writer = Writer(self.connection_kwargs)
        self._slow = wire.SlowReaders(self.connection_kwargs)
        self._reader: sqlite3.Connection | None = None
        self._is_closed = False

    async def open(self) -> None:
        """Create the file when it is missing, for our eyes only, and connect."""
        with wire.our_errors(), wire.while_opening(self.path):
            if not Path(self.path).exists():
                Path(self.path).touch(mode=0o600)
            self.writer.open()
            self._reader = wire.connect_reader(self.connection_kwargs)

    async def close(self) -> None:
        """Let the block under way end, for a while; stop slow reads; close every connection."""
        self._is_closed = True
        await self.writer.close(_LAST_BLOCK_S)
        self._slow.stop()
        for connection in self.connections():
            connection.close()

    def connections(self) -> Iterator[sqlite3.Connection]:
        """Yield every connection."""
        yield from (kept for kept in (self.writer.connection, self._reader) if kept)
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

    async def empty_log(self) -> bool:
        """Bring the log (WAL) into the file, where secure_delete overwrote, and empty it."""
        loop = asyncio.get_running_loop()
        with wire.our_errors():
            return await loop.run_in_executor(
                self._slow.threads, wire.empty_log, self.connection_kwargs
            )

    async def _read(self, sql: str, args: Sequence[Any]) -> Rows:
        if self._is_closed:
            raise DatabaseBusy("The database is closed.")
        with wire.our_errors():
            self._reader = self._reader or wire.connect_reader(self.connection_kwargs)
            try:
                return wire.rows_of(self._reader, sql, args)
            except sqlite3.OperationalError as error:
                if wire.primary_code(error) not in (wire.BUSY, wire.INTERRUPTED):
                    raise
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._slow.threads, self._slow.read, sql, args)


class SQLiteTransaction(OpenTransaction):
    """One block on the one connection that writes."""

    engine: HardenedSQLite
    _batch: Batch

    async def begin(self) -> None:
        """Wait for our turn and begin."""
        self._batch = await self.engine.writer.begin()

    async def run(self, sql: str, args: Sequence[Any]) -> Rows:
        """Run one statement, unless an error has already undone everything."""
        self._refuse_when_undone()
        with wire.our_errors():
            return wire.rows_of(self._batch.connection, sql, args)

    async def commit(self) -> None:
        """End the block and wait until it is lasting."""
        try:
            self._refuse_when_undone()
            self._batch.end_block()
        except BaseException:
            await self.roll_back()
            raise
        await self.engine.writer.commit(self._batch)

    async def roll_back(self) -> None:
        """Undo the block."""
        self.engine.writer.roll_back(self._batch)

    def _refuse_when_undone(self) -> None:
        # After an error of that kind, the next statement would commit alone.
        if self._batch.is_undone:
            raise DatabaseBusy("An error has undone this transaction.")

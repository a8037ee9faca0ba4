"""SQLite, hardened: WAL, one writer at a time, kept connections, nothing left behind by an error.

Statements run in the event loop's own thread, because handing one to another thread costs twenty
times the statement. What can take long goes to a thread: COMMIT waits for the disk, and a read that
is not done after _QUICK_STEPS starts again there.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

from piccolo.engine.sqlite import SQLiteEngine

from portal.database.transactions import PATIENCE_S, OpenTransaction, OwnEngine, Rows
from portal.errors import DatabaseBusy

SCHEME = "sqlite:///"

_QUICK_STEPS = 100_000
_SLOW_READERS = 3
_POLL_S = 0.002

# https://www.sqlite.org/rescode.html: busy, locked, no memory, read-only, interrupted, I/O error,
# full, cannot open, protocol. The rest are our own mistakes, or damage.
_BUSY_CODES = frozenset({5, 6, 7, 8, 9, 10, 13, 14, 15})
_BUSY, _INTERRUPTED = 5, 9


class HardenedSQLite(OwnEngine, SQLiteEngine):
    """Piccolo's engine over our connections: one writes, one reads, a few are for slow reads."""

    def __init__(self, url: str) -> None:
        SQLiteEngine.__init__(self, path=url.removeprefix(SCHEME))
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit")
        self._slow_threads = ThreadPoolExecutor(_SLOW_READERS, thread_name_prefix="sqlite-read")
        self._slow_readers: LifoQueue[sqlite3.Connection] = LifoQueue()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Create the file when it is missing, for our eyes only, and connect."""
        with _our_errors():
            if not Path(self.path).exists():
                Path(self.path).touch(mode=0o600)
            self._writer = self._connect_writer()
            self._reader = self._connect_reader()

    async def close(self) -> None:
        """Wait for the threads, then close every connection."""
        async with asyncio.timeout(PATIENCE_S), self._turn:
            self._thread.shutdown()
            self._slow_threads.shutdown()
            for connection in self.connections():
                connection.close()
            self._writer = self._reader = None

    def connections(self) -> Iterator[sqlite3.Connection]:
        """Yield every connection that is open and at rest."""
        yield from (kept for kept in (self._writer, self._reader) if kept)
        yield from list(self._slow_readers.queue)

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
        self._reader = self._reader or self._connect_reader()
        try:
            return _rows(self._reader, sql, args)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (_BUSY, _INTERRUPTED):
                raise _ours(error) from error
        loop = asyncio.get_running_loop()
        with _our_errors():
            return await loop.run_in_executor(self._slow_threads, self._read_patiently, sql, args)

    def _read_patiently(self, sql: str, args: Sequence[Any]) -> Rows:
        try:
            reader = self._slow_readers.get_nowait()
        except Empty:
            reader = self._connect()
        try:
            return _rows(reader, sql, args)
        finally:
            self._slow_readers.put(reader)

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
        self._writer = self._writer or self._connect_writer()
        while True:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                return self._writer
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != _BUSY:
                    raise _ours(error) from error
            # Another process writes.
            await asyncio.sleep(random.uniform(_POLL_S / 2, _POLL_S * 2))  # noqa: S311

    async def commit(self, writer: sqlite3.Connection) -> None:
        """Commit in the thread. The turn ends when the thread is done, even if nobody waits."""
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._thread, _commit, writer)
        done.add_done_callback(lambda _: self.end_turn(writer))
        with _our_errors():
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

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(
            **self.connection_kwargs,
            timeout=PATIENCE_S,
            check_same_thread=False,
            cached_statements=512,
        )
        for pragma in (
            f"busy_timeout = {PATIENCE_S * 1000:.0f}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    # SQLite's own wait would hold up the event loop, and is unfair: these two say at once that
    # they are busy, and the loop waits for them.

    def _connect_writer(self) -> sqlite3.Connection:
        writer = self._connect()
        writer.execute("PRAGMA busy_timeout = 0").fetchall()
        return writer

    def _connect_reader(self) -> sqlite3.Connection:
        reader = self._connect_writer()
        reader.set_progress_handler(_stop, _QUICK_STEPS)
        return reader


class SQLiteTransaction(OpenTransaction):
    """BEGIN IMMEDIATE on the one connection that writes."""

    engine: HardenedSQLite

    async def begin(self) -> None:
        """Wait for our turn and begin."""
        self._writer = await self.engine.begin()

    async def run(self, sql: str, args: Sequence[Any]) -> Rows:
        """Run one statement, unless an error has already undone everything."""
        self._still_open()
        with _our_errors():
            return _rows(self._writer, sql, args)

    async def commit(self) -> None:
        """Commit in the thread."""
        try:
            self._still_open()
        except DatabaseBusy:
            self.engine.end_turn(self._writer)
            raise
        await self.engine.commit(self._writer)

    async def roll_back(self) -> None:
        """Undo everything."""
        self.engine.end_turn(self._writer)

    def _still_open(self) -> None:
        # A full disk makes SQLite roll back by itself; the next statement would commit alone.
        if not self._writer.in_transaction:
            raise DatabaseBusy("An error has undone this transaction.")


def is_unique_violation(error: BaseException) -> bool:
    """Tell whether SQLite refused a row because another has the same key."""
    return getattr(error, "sqlite_errorname", "") in (
        "SQLITE_CONSTRAINT_UNIQUE",
        "SQLITE_CONSTRAINT_PRIMARYKEY",
    )


def _rows(connection: sqlite3.Connection, sql: str, args: Sequence[Any]) -> Rows:
    cursor = connection.execute(sql, args)
    found = cursor.fetchall()
    if not found:
        return []
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def _commit(writer: sqlite3.Connection) -> None:
    writer.execute("COMMIT")


def _stop() -> int:
    return 1


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _ours(error) from error
    except OSError as error:
        raise DatabaseBusy(str(error)) from error


def _ours(error: sqlite3.OperationalError) -> Exception:
    busy = getattr(error, "sqlite_errorcode", 1) & 0xFF in _BUSY_CODES
    return DatabaseBusy(str(error)) if busy else error

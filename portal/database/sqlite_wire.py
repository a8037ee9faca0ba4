"""One connection to SQLite: opened as we want it, asked, and its errors in our words."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, LifoQueue
from typing import Any

from portal.database.transactions import PATIENCE_S, Rows
from portal.errors import DatabaseBusy, NoDatabase

BUSY, INTERRUPTED, NOT_A_DATABASE = 5, 9, 26

# https://www.sqlite.org/rescode.html: busy, locked, no memory, read-only, interrupted, I/O error,
# full, cannot open, protocol. The rest are our own mistakes, or damage.
_BUSY_CODES = frozenset({BUSY, 6, 7, 8, INTERRUPTED, 10, 13, 14, 15})
# Read-only, damaged, cannot open, not a database: so it is found, and waiting changes nothing.
_UNFIT_CODES = frozenset({8, 11, 14, NOT_A_DATABASE})
_QUICK_STEPS = 100_000
_SLOW_READERS = 3
_LOG_PATIENCE_S = 1.0


def connect(options: dict[str, Any]) -> sqlite3.Connection:
    """Open a connection that keeps what it acknowledged and waits for others."""
    connection: sqlite3.Connection = sqlite3.connect(
        **options, timeout=PATIENCE_S, check_same_thread=False, cached_statements=512
    )
    try:
        for pragma in (
            f"busy_timeout = {PATIENCE_S * 1000:.0f}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect_writer(options: dict[str, Any]) -> sqlite3.Connection:
    """Open one for the event loop, which it must not hold up: it says at once that it is busy.

    The loop waits instead. SQLite's own wait is unfair besides: its pauses grow to 100 ms.
    """
    writer = connect(options)
    writer.execute("PRAGMA busy_timeout = 0").fetchall()
    return writer


def connect_reader(options: dict[str, Any]) -> sqlite3.Connection:
    """Open one for the event loop that stops a read which is not done after _QUICK_STEPS."""
    reader = connect_writer(options)
    reader.set_progress_handler(lambda: 1, _QUICK_STEPS)
    return reader


def empty_log(options: dict[str, Any]) -> bool:
    """Bring the log into the file and cut it to nothing; False when others do not let us soon."""
    with contextlib.closing(connect(options)) as connection:
        connection.execute(f"PRAGMA busy_timeout = {_LOG_PATIENCE_S * 1000:.0f}").fetchall()
        (told,) = rows_of(connection, "PRAGMA wal_checkpoint(TRUNCATE)", ())
    return not told["busy"]


def rows_of(connection: sqlite3.Connection, sql: str, args: Sequence[Any]) -> Rows:
    """Run one statement."""
    cursor = connection.execute(sql, args)
    found = cursor.fetchall()
    if not found:
        return []
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in found]


class SlowReaders:
    """Threads with a connection each, for reads that would hold up the event loop."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.threads = ThreadPoolExecutor(_SLOW_READERS, thread_name_prefix="sqlite-read")
        self.connections: list[sqlite3.Connection] = []
        self._options = options
        self._free: LifoQueue[sqlite3.Connection] = LifoQueue()

    def read(self, sql: str, args: Sequence[Any]) -> Rows:
        """Read, in one of the threads."""
        try:
            reader = self._free.get_nowait()
        except Empty:
            reader = connect(self._options)
            self.connections.append(reader)
        try:
            return rows_of(reader, sql, args)
        finally:
            self._free.put(reader)

    def stop(self) -> None:
        """Stop what still reads, and end the threads."""
        for reader in self.connections:
            reader.interrupt()
        self.threads.shutdown()


@contextlib.contextmanager
def our_errors() -> Iterator[None]:
    """Say DatabaseBusy for what may go better in a moment; let our own mistakes through."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if primary_code(error) in _BUSY_CODES:
            raise DatabaseBusy(str(error)) from error
        raise
    except OSError as error:
        raise DatabaseBusy(str(error)) from error


@contextlib.contextmanager
def while_opening(path: str) -> Iterator[None]:
    """Say NoDatabase for a file that is none, or that cannot be had."""
    try:
        yield
    except OSError as error:
        raise NoDatabase(f"{path} cannot be opened: {error.strerror or error}") from error
    except sqlite3.DatabaseError as error:
        if primary_code(error) not in _UNFIT_CODES:
            raise
        raise NoDatabase(f"{path} cannot be opened as a database: {error}") from error


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's result code without its details; 0 when sqlite3 itself complains."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_unique_violation(error: BaseException) -> bool:
    """Tell whether SQLite refused a row because another has the same key."""
    return getattr(error, "sqlite_errorname", "") in (
        "SQLITE_CONSTRAINT_UNIQUE",
        "SQLITE_CONSTRAINT_PRIMARYKEY",
    )

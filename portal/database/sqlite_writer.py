"""The one connection that writes to SQLite: whose turn it is, and one COMMIT for all who wait.

Blocks that wait for their turn when another ends are committed together with it: they run one after
another, each behind a savepoint, and one COMMIT makes all of them lasting before any of them goes
on. So the disk is waited for once, however many come at the same time. What undoes one block leaves
the others; what undoes them all is told to all.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from portal.database import sqlite_wire as wire
from portal.database.transactions import PATIENCE_S
from portal.errors import DatabaseBusy

_POLL_S = 0.002


class Batch:
    """Blocks that one COMMIT makes lasting."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.committing: asyncio.Task[None] | None = None
        self.lasting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._has_joined = False

    @property
    def is_undone(self) -> bool:
        """Tell whether an error has undone everything: a full disk does so by itself."""
        return not self.connection.in_transaction

    def join(self) -> None:
        """Begin another block behind those that have ended."""
        self.connection.execute("SAVEPOINT block")
        self._has_joined = True

    def end_block(self) -> None:
        """Keep the block."""
        if self._has_joined:
            self.connection.execute("RELEASE block")

    def undo_block(self) -> bool:
        """Undo the block alone; False when only all of them can be undone."""
        if not self._has_joined or self.is_undone:
            return False
        self.connection.execute("ROLLBACK TO block")
        self.connection.execute("RELEASE block")
        return True

    def tell(self, error: BaseException | None) -> None:
        """Tell all who wait what came of it."""
        if error is None:
            self.lasting.set_result(None)
        else:
            self.lasting.set_exception(error)
            self.lasting.exception()  # Perhaps nobody waits any more.


class Writer:
    """Who writes: one block at a time."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.connection: sqlite3.Connection | None = None
        self._options = options
        self._turn = asyncio.Lock()
        self._in_line = 0
        self._batch: Batch | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit")
        self._is_closed = False

    def open(self) -> None:
        """Connect."""
        self.connection = wire.connect_writer(self._options)

    async def close(self, patience_s: float) -> None:
        """Let the block under way end, for a while, and begin no other."""
        self._is_closed = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._turn.acquire(), patience_s)
        self._thread.shutdown()

    async def begin(self) -> Batch:
        """Wait for our turn in this process, then for other processes, and begin to write.

        Raises:
            DatabaseBusy: not within PATIENCE_S, or the file cannot be written.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                self._in_line += 1
                try:
                    await self._turn.acquire()
                finally:
                    self._in_line -= 1
                try:
                    return await self._begin()
                except BaseException:
                    self._turn.release()
                    raise
        except TimeoutError as error:
            raise DatabaseBusy(f"No turn to write within {PATIENCE_S:.0f} s.") from error

    async def _begin(self) -> Batch:
        if self._is_closed:
            raise DatabaseBusy("The database is closed.")
        with wire.our_errors():
            if self._batch:
                self._batch.join()
                return self._batch
            self.connection = self.connection or wire.connect_writer(self._options)
            while True:
                try:
                    self.connection.execute("BEGIN IMMEDIATE")
                    self._batch = Batch(self.connection)
                    return self._batch
                except sqlite3.OperationalError as error:
                    if wire.primary_code(error) != wire.BUSY:
                        raise
                # Another process writes.
                await asyncio.sleep(random.uniform(_POLL_S / 2, _POLL_S * 2))  # noqa: S311

    async def commit(self, batch: Batch) -> None:
        """Wait until a block that ended is lasting, together with those in line behind it.

        The commit goes on even if nobody waits for it any more.
        """
        if self._in_line and batch.committing is None:
            batch.committing = asyncio.create_task(self._commit_after_those_in_line(batch))
        if batch.committing is None:
            self._commit(batch)
        else:
            self._turn.release()
        with wire.our_errors():
            await asyncio.shield(batch.lasting)

    async def _commit_after_those_in_line(self, batch: Batch) -> None:
        await self._turn.acquire()
        if batch is self._batch:
            self._commit(batch)
        else:
            self._turn.release()

    def _commit(self, batch: Batch) -> None:
        """Commit in the thread. The turn ends when the thread is done."""
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._thread, batch.connection.execute, "COMMIT")
        done.add_done_callback(lambda done: self._end(batch, done.exception()))

    def roll_back(self, batch: Batch) -> None:
        """Undo the block, and only this one if that can be."""
        try:
            is_undone = batch.undo_block()
        except sqlite3.Error:
            is_undone = False
        if is_undone:
            self._turn.release()
        else:
            self._end(batch, DatabaseBusy("An error has undone this transaction."))

    def _end(self, batch: Batch, error: BaseException | None) -> None:
        """Undo what is not committed, drop a connection that cannot even do that; next, please."""
        self._batch = None
        try:
            if batch.connection.in_transaction:
                batch.connection.execute("ROLLBACK")
        except sqlite3.Error:
            batch.connection.close()
            self.connection = None
        finally:
            batch.tell(error)
            self._turn.release()

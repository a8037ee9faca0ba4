"""PostgreSQL, hardened: a kept pool, and no connection handed on in a state we do not know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from piccolo.engine.postgres import PostgresEngine

from portal.database.transactions import PATIENCE_S, OpenTransaction, OwnEngine, Rows
from portal.errors import DatabaseBusy

SCHEMES = ("postgresql://", "postgres://")

_CONNECT_S = 5.0
_CLEAN_UP_S = 5.0

# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, deadlock and
# serialization, resources, operator, system; and a lock that was not there in time.
_BUSY_CLASSES = ("08", "40", "53", "57", "58")
_LOCK_NOT_AVAILABLE = "55P03"


class HardenedPostgres(OwnEngine, PostgresEngine):
    """Piccolo's engine over our own use of asyncpg's pool."""

    def __init__(self, url: str, size: int) -> None:
        PostgresEngine.__init__(self, config={"dsn": url})
        self._size = size

    async def open(self) -> None:
        """Start the pool."""
        with _our_errors():
            self.pool = await asyncpg.create_pool(
                **self.config,
                min_size=1,
                max_size=self._size,
                timeout=_CONNECT_S,
                command_timeout=PATIENCE_S,
                reset=_leave_as_it_is,
                server_settings={"application_name": "portal"},
            )

    async def close(self) -> None:
        """Let connections in use finish, for a while, then close them all."""
        pool, self.pool = self.pool, None
        if pool is None:
            return
        try:
            await asyncio.wait_for(pool.close(), _CLEAN_UP_S)
        except TimeoutError:
            pool.terminate()

    def new_transaction(self) -> PostgresTransaction:
        """Return a transaction that has not begun."""
        return PostgresTransaction(self)

    async def run_alone(self, sql: str, args: Sequence[Any]) -> Rows:
        """Run one statement on a connection of the pool."""
        connection = await self.take()
        try:
            with _our_errors(connection):
                return [dict(row) for row in await connection.fetch(sql, *args)]
        finally:
            await self.give_back(connection)

    async def take(self) -> PoolConnectionProxy[Any]:
        """Take a connection out of the pool.

        Raises:
            DatabaseBusy: none within PATIENCE_S, or the server cannot be reached.
        """
        if self.pool is None:
            raise DatabaseBusy("The database is closed.")
        with _our_errors():
            return await self.pool.acquire(timeout=PATIENCE_S)

    async def give_back(self, connection: PoolConnectionProxy[Any]) -> None:
        """Put a connection back; one that is not at rest is closed instead."""
        if self.pool is None or connection.is_closed() or connection.is_in_transaction():
            connection.terminate()
        if self.pool is not None:
            await self.pool.release(connection, timeout=_CLEAN_UP_S)


class PostgresTransaction(OpenTransaction):
    """BEGIN on a connection that nobody else has until the end."""

    engine: HardenedPostgres

    async def begin(self) -> None:
        """Take a connection and begin."""
        self._connection = await self.engine.take()
        try:
            with _our_errors(self._connection):
                await self._connection.execute("BEGIN")
        except BaseException:
            self._connection.terminate()
            await self.engine.give_back(self._connection)
            raise

    async def run(self, sql: str, args: Sequence[Any]) -> Rows:
        """Run one statement."""
        with _our_errors(self._connection):
            return [dict(row) for row in await self._connection.fetch(sql, *args)]

    async def commit(self) -> None:
        """Commit, and believe it only when PostgreSQL says so."""
        try:
            with _our_errors(self._connection):
                answer = await self._connection.execute("COMMIT")
        finally:
            await self.engine.give_back(self._connection)
        if answer != "COMMIT":
            raise RuntimeError("An error was caught in this transaction without a savepoint().")

    async def roll_back(self) -> None:
        """Undo everything; closing the connection does it too."""
        try:
            if not self._connection.is_closed():
                await self._connection.execute("ROLLBACK", timeout=_CLEAN_UP_S)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            self._connection.terminate()
        finally:
            await self.engine.give_back(self._connection)


def is_unique_violation(error: BaseException) -> bool:
    """Tell whether PostgreSQL refused a row because another has the same key."""
    return isinstance(error, asyncpg.UniqueViolationError)


async def _leave_as_it_is(_: object) -> None:
    """Save the pool's round trip: we listen to nothing, set nothing and hold no session's lock."""


@contextmanager
def _our_errors(connection: PoolConnectionProxy[Any] | None = None) -> Iterator[None]:
    try:
        yield
    except asyncpg.PostgresError as error:
        code = error.sqlstate or ""
        if code.startswith(_BUSY_CLASSES) or code == _LOCK_NOT_AVAILABLE:
            raise DatabaseBusy(str(error)) from error
        raise
    except (OSError, TimeoutError) as error:
        raise DatabaseBusy(str(error) or "PostgreSQL did not answer in time.") from error
    except asyncpg.InterfaceError as error:
        if connection is None or connection.is_closed():
            raise DatabaseBusy(str(error)) from error
        raise

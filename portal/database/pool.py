"""Connections to PostgreSQL, kept. None goes to a second user in a state that we do not know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from portal.database.transactions import PATIENCE_S
from portal.errors import DatabaseBusy, NoDatabase

CONNECT_S = 5.0

_IDLE_S = 300.0

# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, deadlock and
# serialization, resources, operator, system; and a lock that was not there in time.
_BUSY_CLASSES = ("08", "40", "53", "57", "58")
_LOCK_NOT_AVAILABLE = "55P03"
# What a plan made before a migration ends with, once on each connection; then a new one is made.
_PLAN_IS_OLD = asyncpg.InvalidCachedStatementError
# What an operator has to mend: who we are there, which database, what we may do in it.
_UNFIT_CLASSES = ("28", "3D", "42501")


class Pool:
    """So many connections at most; the one used last goes out first."""

    def __init__(self, dsn: str, size: int) -> None:
        self._dsn = dsn
        self._places = asyncio.Semaphore(size)
        self._free: list[tuple[asyncpg.Connection, float]] = []
        self._used: set[asyncpg.Connection] = set()
        self._is_closed = False

    async def take(self) -> asyncpg.Connection:
        """Take a connection out; give it back with `put_back`.

        Raises:
            DatabaseBusy: none within PATIENCE_S, or the server cannot be reached.
        """
        with our_errors():
            async with asyncio.timeout(PATIENCE_S):
                await self._places.acquire()
            try:
                connection = self._kept() or await self._connect()
            except BaseException:
                self._places.release()
                raise
        self._used.add(connection)
        return connection

    def put_back(self, connection: asyncpg.Connection, *, at_rest: bool) -> None:
        """Keep a connection for the next, or close it when it may still be at something."""
        self._used.discard(connection)
        unfit = not at_rest or connection.is_closed() or connection.is_in_transaction()
        if unfit or self._is_closed:
            connection.terminate()
        else:
            self._free.append((connection, asyncio.get_running_loop().time()))
        self._places.release()

    @contextmanager
    def last_use_of(self, connection: asyncpg.Connection) -> Iterator[None]:
        """Put a connection back after this: at rest if PostgreSQL answered, be it with an error."""
        at_rest = False
        try:
            with our_errors():
                yield
            at_rest = True
        except asyncpg.PostgresError:
            at_rest = True
            raise
        finally:
            self.put_back(connection, at_rest=at_rest)

    async def close(self) -> None:
        """Close what is free, and end what is still in use."""
        self._is_closed = True
        for connection in self._used:
            connection.terminate()
        for connection, _ in self._free:
            await connection.close(timeout=CONNECT_S)
        self._free.clear()

    def _kept(self) -> asyncpg.Connection | None:
        too_old = asyncio.get_running_loop().time() - _IDLE_S
        while self._free:
            connection, since = self._free.pop()
            if since > too_old and not connection.is_closed():
                return connection
            connection.terminate()
        return None

    async def _connect(self) -> asyncpg.Connection:
        if self._is_closed:
            raise DatabaseBusy("The database is closed.")
        try:
            return await asyncpg.connect(
                self._dsn,
                timeout=CONNECT_S,
                statement_cache_size=512,
                server_settings={"application_name": "portal"},
            )
        except OSError as error:
            why = error.strerror or str(error) or f"no answer within {CONNECT_S:.0f} s"
            raise DatabaseBusy(f"PostgreSQL cannot be reached: {why}.") from error


@contextmanager
def our_errors() -> Iterator[None]:
    """Say DatabaseBusy for what may go better in a moment; let our own mistakes through."""
    try:
        yield
    except asyncpg.PostgresError as error:
        code = error.sqlstate or ""
        is_old = isinstance(error, _PLAN_IS_OLD)
        if code.startswith(_BUSY_CLASSES) or code == _LOCK_NOT_AVAILABLE or is_old:
            raise DatabaseBusy(str(error)) from error
        if code.startswith(_UNFIT_CLASSES):
            raise NoDatabase(f"PostgreSQL does not let us: {error}") from error
        raise
    except (OSError, TimeoutError) as error:
        raise DatabaseBusy(str(error) or "PostgreSQL did not answer in time.") from error
    except asyncpg.InternalClientError as error:
        # What asyncpg says when the server's farewell came first, before the connection ended.
        raise DatabaseBusy(str(error)) from error
    except asyncpg.InterfaceError as error:
        # asyncpg says so of a connection that was lost before this call.
        if "closed" in str(error):
            raise DatabaseBusy(str(error)) from error
        raise

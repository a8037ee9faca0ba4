"""PostgreSQL, hardened: kept connections, and a COMMIT is believed only when it was one."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine

from portal.database.pool import CONNECT_S, Pool, our_errors
from portal.database.transactions import PATIENCE_S, OpenTransaction, OwnEngine, Rows
from portal.errors import DatabaseBusy

SCHEMES = ("postgresql://", "postgres://")


class HardenedPostgres(OwnEngine, PostgresEngine):
    """Piccolo's engine over our connections."""

    def __init__(self, url: str, size: int) -> None:
        PostgresEngine.__init__(self, config={"dsn": url})
        self.connections = Pool(url, size)

    async def open(self) -> None:
        """Connect once, to see that it is there."""
        self.connections.put_back(await self.connections.take(), at_rest=True)

    async def close(self) -> None:
        """Close every connection."""
        await self.connections.close()

    def new_transaction(self) -> PostgresTransaction:
        """Return a transaction that has not begun."""
        return PostgresTransaction(self)

    async def run_alone(self, sql: str, args: Sequence[Any]) -> Rows:
        """Run one statement on a connection of the pool."""
        connection = await self.connections.take()
        with self.connections.last_use_of(connection):
            rows = await connection.fetch(sql, *args, timeout=PATIENCE_S)
        return [dict(row) for row in rows]


class PostgresTransaction(OpenTransaction):
    """BEGIN on a connection that nobody else has until the end."""

    engine: HardenedPostgres

    async def begin(self) -> None:
        """Take a connection and begin."""
        self._connection = await self.engine.connections.take()
        try:
            with our_errors():
                await self._connection.execute("BEGIN", timeout=CONNECT_S)
        except BaseException:
            self.engine.connections.put_back(self._connection, at_rest=False)
            raise

    async def run(self, sql: str, args: Sequence[Any]) -> Rows:
        """Run one statement."""
        with our_errors():
            rows = await self._connection.fetch(sql, *args, timeout=self.timeout_s)
        return [dict(row) for row in rows]

    async def commit(self) -> None:
        """Commit, and believe it only when PostgreSQL says so."""
        answer = await self._end_with("COMMIT")
        if answer != "COMMIT":
            raise RuntimeError("An error was caught in this transaction without a savepoint().")

    async def roll_back(self) -> None:
        """Undo everything. What fails here is the connection, and that is closed."""
        with contextlib.suppress(DatabaseBusy, asyncpg.PostgresError, asyncpg.InterfaceError):
            await self._end_with("ROLLBACK")

    async def _end_with(self, word: str) -> str:
        with self.engine.connections.last_use_of(self._connection):
            answer: str = await self._connection.execute(word, timeout=CONNECT_S)
        return answer


def is_unique_violation(error: BaseException) -> bool:
    """Tell whether PostgreSQL refused a row because another has the same key."""
    return isinstance(error, asyncpg.UniqueViolationError)

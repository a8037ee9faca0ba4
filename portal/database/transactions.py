"""What both engines share: one way to run a statement, and transactions that keep to their task."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from contextvars import Token
from typing import Any, Self

from piccolo.engine.base import BaseTransaction, Engine
from piccolo.querystring import QueryString

from portal.redaction import hide_in

PATIENCE_S = 30.0

Rows = list[dict[str, Any]]


class OpenTransaction(BaseTransaction):
    """A transaction under way. It belongs to the task that opened it, and ends with its block."""

    def __init__(self, engine: OwnEngine) -> None:
        self.engine = engine
        self.savepoints = 0
        self.timeout_s = PATIENCE_S
        self._task: asyncio.Task[Any] | None = None
        self._token: Token[OpenTransaction | None] | None = None

    async def __aenter__(self) -> Self:
        await self.begin()
        self._task = asyncio.current_task()
        self._token = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        # The variable goes first: whatever happens below, what comes after in this task is free.
        assert self._token is not None
        self.engine.current_transaction.reset(self._token)
        self._task = None
        if kind is None:
            await self.commit()
        else:
            await self.roll_back()
        return False

    def refuse_strangers(self) -> None:
        """Stop a child task from writing into its parent's transaction, or into a finished one."""
        if self._task is not asyncio.current_task():
            raise RuntimeError(
                "This task inherited a transaction of another: start it outside the transaction."
            )

    @abstractmethod
    async def begin(self) -> None:
        """Take a connection and begin, or leave nothing behind."""

    @abstractmethod
    async def run(self, sql: str, args: Sequence[Any]) -> Rows:
        """Run one statement in this transaction."""

    @abstractmethod
    async def commit(self) -> None:
        """Commit, and give the connection back whatever came of it."""

    @abstractmethod
    async def roll_back(self) -> None:
        """Undo everything, and give the connection back whatever came of it."""


class _Joined(BaseTransaction):
    """A transaction inside another: Piccolo's migrations open one each, inside our outer one."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> bool:
        return False


class OwnEngine(Engine[Any]):
    """What we ask of an engine beyond Piccolo's own."""

    async def check_version(self) -> None:
        """Ask nothing: Piccolo would connect here, before the event loop that will use it."""

    async def prep_database(self) -> None:
        """Create nothing."""

    @abstractmethod
    async def open(self) -> None:
        """Connect, or raise DatabaseBusy."""

    @abstractmethod
    async def close(self) -> None:
        """Close every connection and end every thread."""

    @abstractmethod
    def new_transaction(self) -> OpenTransaction:
        """Return a transaction that has not begun."""

    @abstractmethod
    async def run_alone(self, sql: str, args: Sequence[Any]) -> Rows:
        """Run one statement outside any transaction."""

    async def run_sql(self, sql: str, args: Sequence[Any] = ()) -> Rows:
        """Run one statement: in this task's transaction when there is one."""
        transaction = self.current_transaction.get()
        try:
            if transaction is None:
                return await self.run_alone(sql, args)
            transaction.refuse_strangers()
            rows: Rows = await transaction.run(sql, args)
        except Exception as error:
            # A database quotes in its errors what it was given.
            hide_in(error, args)
            raise
        return rows

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Rows:
        """Run what Piccolo composed."""
        sql, args = querystring.compile_string(engine_type=self.engine_type)
        return await self.run_sql(sql, args)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Rows:
        """Run a change of the schema."""
        return await self.run_sql(ddl)

    def transform_response_to_dicts(self, results: Rows) -> Rows:
        """Return the rows as they are: run_sql made dictionaries of them."""
        return results

    def transaction(self, *_: Any, **__: Any) -> Any:
        """Open a transaction, or join this task's: for Piccolo. Ours is database.transaction()."""
        current = self.current_transaction.get()
        if current is None:
            return self.new_transaction()
        current.refuse_strangers()
        return _Joined()

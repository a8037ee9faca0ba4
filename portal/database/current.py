"""The one database of this process: opened, closed, and asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

from piccolo.table import TABLE_REGISTRY

from portal.database import postgres, sqlite, sqlite_wire
from portal.database.postgres import HardenedPostgres
from portal.database.sqlite import HardenedSQLite
from portal.database.transactions import OpenTransaction, OwnEngine, Rows
from portal.settings import WrongSetting, settings

_open: OwnEngine | None = None


async def connect(url: str | None = None) -> None:
    """Open this database for every table, in place of the one that was open.

    Raises:
        WrongSetting: the address is none that we understand.
    """
    global _open
    await close_database()
    chosen = _engine_for(url or settings().database_url)
    try:
        await chosen.open()
    except ValueError:
        # Without its reason, which quotes the address and thereby a password.
        raise WrongSetting("PORTAL_DATABASE_URL cannot be read: see docs/settings.md.") from None
    _open = chosen
    _hand_to_tables(chosen)


async def close_database() -> None:
    """Close every connection and end every thread. Safe to repeat."""
    global _open
    closing, _open = _open, None
    _hand_to_tables(None)
    if closing is not None:
        await closing.close()


def engine() -> OwnEngine:
    """Return the open database."""
    if _open is None:
        raise RuntimeError("No database is open: call open_database() first.")
    return _open


def is_sqlite() -> bool:
    """Tell which of the two it is."""
    return isinstance(engine(), HardenedSQLite)


def skip_locked() -> str:
    """Return what a claiming SELECT ends with; SQLite has one writer and needs nothing."""
    return "" if is_sqlite() else " FOR UPDATE SKIP LOCKED"


def transaction() -> OpenTransaction:
    """Write several rows or none: `async with transaction(): …`. One writer at a time on SQLite.

    Never call Stripe inside, and start no task.

    Raises:
        DatabaseBusy: the database could not take it in time; nothing was stored.
        RuntimeError: inside another transaction, this task's or its parent's.
    """
    if engine().current_transaction.get() is not None:
        raise RuntimeError("A transaction is open already: they do not nest.")
    return engine().new_transaction()


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """Undo only this block when it raises: for an error in a transaction that you mean to catch."""
    current = engine().current_transaction.get()
    if current is None:
        raise RuntimeError("A savepoint needs a transaction around it.")
    current.savepoints += 1
    name = f"savepoint_{current.savepoints}"
    await run_sql(f"SAVEPOINT {name}")
    try:
        yield
    except BaseException:
        await run_sql(f"ROLLBACK TO SAVEPOINT {name}")
        await run_sql(f"RELEASE SAVEPOINT {name}")
        raise
    await run_sql(f"RELEASE SAVEPOINT {name}")


async def run_sql(sql: str, *args: Any) -> Rows:
    """Run SQL with {} for each argument, in this task's transaction when there is one.

    Costs a fraction of a composed query: for statements that run with every request.
    """
    return await engine().run_sql(_with_placeholders(sql, is_sqlite()), args)


async def empty_log() -> bool:
    """Have what was deleted leave SQLite's write-ahead log; False: it is in use, try again later.

    PostgreSQL clears up by itself.
    """
    chosen = engine()
    return await chosen.empty_log() if isinstance(chosen, HardenedSQLite) else True


def is_unique_violation(error: BaseException) -> bool:
    """Tell whether a row was refused because another has the same key."""
    return sqlite_wire.is_unique_violation(error) or postgres.is_unique_violation(error)


def _engine_for(url: str) -> OwnEngine:
    if url.startswith(sqlite.SCHEME):
        return HardenedSQLite(url)
    if url.startswith(postgres.SCHEMES):
        return HardenedPostgres(url, settings().database_pool)
    raise WrongSetting("PORTAL_DATABASE_URL begins with sqlite:/// or postgresql://.")


def _hand_to_tables(chosen: OwnEngine | None) -> None:
    for table in TABLE_REGISTRY:
        table._meta._db = chosen


@lru_cache(maxsize=1024)
def _with_placeholders(sql: str, question_marks: bool) -> str:
    pieces = sql.split("{}")
    if question_marks:
        return "?".join(pieces)
    numbered = (f"${number}{piece}" for number, piece in enumerate(pieces[1:], start=1))
    return pieces[0] + "".join(numbered)

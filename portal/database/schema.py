"""The schema and its one straight history: forwards, backwards, and where it stands."""

from __future__ import annotations

import contextlib
import io
import pkgutil
import re
from importlib import import_module
from typing import Literal

from piccolo.apps.migrations.tables import Migration

from portal.database.current import connect, is_sqlite, run_sql, transaction

APP = "portal"

_FOLDER = "portal.migrations"
_NAMED = re.compile(r"portal_(\d{4})_(\d\d)_(\d\d)t(\d\d)_(\d\d)_(\d\d)_(\d{6})")
_ADVISORY_LOCK = 7_703_265_311
_LONGEST_S = 3600.0


class SchemaMismatch(Exception):
    """The database was made by another version of this program."""


async def open_database(url: str | None = None, *, prepare: bool = True) -> None:
    """Open the database of the settings, or this one, and see that its schema is ours.

    SQLite migrates itself; PostgreSQL only by `portal migrate`, which opens it unprepared.

    Raises:
        SchemaMismatch: the schema is newer than this program, or PostgreSQL's is older.
        DatabaseBusy: it cannot be reached.
    """
    await connect(url)
    if not prepare:
        return
    state = await schema_state()
    if state == "newer":
        raise SchemaMismatch("The database was made by a newer version: update this program.")
    if state == "behind" and is_sqlite():
        await migrate()
    elif state == "behind":
        raise SchemaMismatch("The database is of an older version: run `portal migrate` first.")


async def schema_state() -> Literal["current", "behind", "newer"]:
    """Compare what has run with what we know."""
    ran, known = set(await _ran()), set(_known())
    if ran - known:
        return "newer"
    return "behind" if known - ran else "current"


async def migrate(*, to: str = "all") -> list[str]:
    """Bring the schema to this migration ("all": the newest; "none": empty), in one transaction.

    Any number of processes may call it at once: one does it, the others find it done.

    Returns:
        The ids that ran, in order; those undone begin with "-".
    """
    known = _known()
    target = {"all": max(known), "none": ""}.get(to, to)
    if target and target not in known:
        raise ValueError(f"There is no migration {target}.")
    async with transaction() as work:
        work.timeout_s = _LONGEST_S
        await _wait_for_others()
        await Migration.create_table(if_not_exists=True)
        ran = await _ran()
        forwards = [name for name in sorted(known) if name <= target and name not in ran]
        backwards = [name for name in sorted(ran, reverse=True) if name > target]
        for name in backwards:
            await _step(known[name], backwards=True)
            await Migration.delete().where(Migration.name == name, Migration.app_name == APP)
        for name in forwards:
            await _step(known[name], backwards=False)
            await Migration.insert(Migration(name=name, app_name=APP))
    return [*(f"-{name}" for name in backwards), *forwards]


async def _wait_for_others() -> None:
    if not is_sqlite():
        await run_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")


async def _step(name: str, *, backwards: bool) -> None:
    module = import_module(f"{_FOLDER}.{name}")
    with contextlib.redirect_stdout(io.StringIO()):
        manager = await module.forwards()
        await manager.run(backwards=backwards)


async def _ran() -> list[str]:
    if not await Migration.table_exists():
        return []
    names = await Migration.select(Migration.name).where(Migration.app_name == APP)
    return [row["name"] for row in names]


def _known() -> dict[str, str]:
    """Return the id of each migration and its module's name, which tells it.

    Imported is only what runs: all of them take ten megabytes that nothing gives back.
    """
    found = (module.name for module in pkgutil.iter_modules(import_module(_FOLDER).__path__))
    names = [named for name in found if (named := _NAMED.fullmatch(name))]
    return {named.expand(r"\1-\2-\3T\4:\5:\6:\7"): named[0] for named in names}

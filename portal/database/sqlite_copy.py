"""Copy an SQLite database that others write to, by SQLite's own online backup."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from portal.database import sqlite
from portal.database import sqlite_wire as wire
from portal.database.copied import Copied, NoCopy
from portal.database.transactions import PATIENCE_S
from portal.settings import settings

_NEWEST = "SELECT MAX(name) FROM migration WHERE app_name = 'portal'"
_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
)


async def copy_to(copy: Path) -> Copied:
    """Copy the database of the settings into this empty file; say what it holds.

    Raises:
        NoCopy: there is nothing to copy, no room for it, or the copy is damaged.
    """
    source = Path(settings().database_url.removeprefix(sqlite.SCHEME))
    if not source.is_file():
        raise NoCopy(f"there is no database at {source}")
    return await asyncio.to_thread(_copy, source, copy)


def _copy(source: Path, copy: Path) -> Copied:
    try:
        with (
            closing(sqlite3.connect(_address(source), uri=True, timeout=PATIENCE_S)) as ours,
            closing(sqlite3.connect(copy)) as theirs,
        ):
            # All pages in one step: between two, a writer would have it begin anew.
            ours.backup(theirs, pages=-1)
            theirs.execute("PRAGMA journal_mode = DELETE").fetchall()
            return _looked_through(theirs)
    except sqlite3.Error as error:
        about = f"{source}: " if wire.primary_code(error) == wire.NOT_A_DATABASE else ""
        raise NoCopy(f"{about}{error}") from error


def _address(source: Path) -> str:
    """Return an address that never makes a file where there is none."""
    return f"file:{quote(str(source.resolve()))}?mode=rw"


def _looked_through(copy: sqlite3.Connection) -> Copied:
    found = [row[0] for row in copy.execute("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        raise NoCopy(f"the copy is damaged ({'; '.join(found)})")
    tables = [row[0] for row in copy.execute(_TABLES)]
    if "migration" not in tables:
        raise NoCopy("the database is empty: it has no table of ours")
    tables.remove("migration")
    (newest,) = copy.execute(_NEWEST).fetchone()
    return Copied(str(newest), {name: _count(copy, name) for name in tables})


def _count(copy: sqlite3.Connection, table: str) -> int:
    (count,) = copy.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()
    return int(count)

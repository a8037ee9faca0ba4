"""Copy a PostgreSQL database that others write to, by its own pg_dump, under one snapshot."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from portal.database.copied import Copied, NoCopy
from portal.database.current import close_database, connect, run_sql, transaction
from portal.settings import settings

_LONGEST_S = 24 * 3600.0
_NEWEST = "SELECT MAX(name) AS name FROM migration WHERE app_name = 'portal'"
_TABLES = (
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
)


async def copy_to(copy: Path) -> Copied:
    """Dump the database of the settings into this file; say what it holds.

    What is counted is what is dumped: both see the same snapshot.

    Raises:
        NoCopy: pg_dump is not there, failed, or wrote what pg_restore cannot read.
        DatabaseBusy: the server cannot be reached.
    """
    dump, restore = _program("pg_dump"), _program("pg_restore")
    await connect()
    try:
        async with transaction() as work:
            work.timeout_s = _LONGEST_S
            await run_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            (snapshot,) = await run_sql("SELECT pg_export_snapshot() AS id")
            where, secret = _without_password(settings().database_url)
            await _run(
                *(dump, "--format=custom", "--no-password", f"--snapshot={snapshot['id']}"),
                *(f"--file={copy}", f"--dbname={where}"),
                env=secret,
            )
            copied = await _count()
    finally:
        await close_database()
    # To the end, and into nothing: what it cannot read now it could not restore later.
    await _run(restore, f"--file={os.devnull}", str(copy), env={})
    return copied


async def _count() -> Copied:
    tables = [row["name"] for row in await run_sql(_TABLES)]
    if "migration" not in tables:
        raise NoCopy("the database is empty: it has no table of ours")
    tables.remove("migration")
    (newest,) = await run_sql(_NEWEST)
    counts = {}
    for name in tables:
        (row,) = await run_sql(f'SELECT COUNT(*) AS n FROM "{name}"')
        counts[name] = int(row["n"])
    return Copied(str(newest["name"]), counts)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NoCopy(
            f"the program {name} is not on this machine; install PostgreSQL's client programs, "
            "of the server's version or a newer one"
        )
    return found


def _without_password(url: str) -> tuple[str, dict[str, str]]:
    """Take the password out of the address: everybody on a machine can read its command lines."""
    parts = urlsplit(url)
    asked = parse_qsl(parts.query, keep_blank_values=True)
    given = [value for name, value in asked if name == "password"]
    if parts.password is not None:
        given.append(unquote(parts.password))
    user = f"{parts.username}@" if parts.username else ""
    place = user + parts.netloc.rpartition("@")[2] + parts.path
    rest = urlencode([(name, value) for name, value in asked if name != "password"], safe="/")
    bare = f"{parts.scheme}://{place}?{rest}" if rest else f"{parts.scheme}://{place}"
    return bare, {"PGPASSWORD": given[-1]} if given else {}


async def _run(*command: str, env: Mapping[str, str]) -> None:
    # The environment is only handed on: pg_dump has settings of its own there.
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "LC_MESSAGES": "C", **env},
    )
    try:
        _, said = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        words = " ".join(said.decode(errors="replace").split())
        raise NoCopy(words or f"{Path(command[0]).name} ended with {process.returncode}")

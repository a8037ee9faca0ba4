"""A copy of the database as it is at one moment, taken while everything goes on, and looked at."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.database import postgres_copy, sqlite, sqlite_copy
from portal.database.copied import NoCopy
from portal.errors import DatabaseBusy, PortalError
from portal.settings import settings


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: its newest migration, and the rows of each table."""

    file: Path
    size: int
    schema: str
    rows: Mapping[str, int]


class BackupFailed(PortalError):
    """No copy was made, and nothing was left behind."""

    code = "backup_failed"


async def back_up(file: Path, *, force: bool = False) -> Backup:
    """Copy the database of the settings into this file, which only we may read.

    The copy holds every transaction committed before the call, and no part of a later one. It is
    written beside the file, looked through, made lasting, and takes the file's name at the end.

    Raises:
        BackupFailed: the file is there (without `force`), the copy cannot be written, or is broken.
        DatabaseBusy: the database cannot be reached.
    """
    file = file.resolve()
    _refuse_what_would_be_lost(file, force=force)
    async with _unfinished(file) as copy:
        with _in_a_sentence(file):
            if settings().database_url.startswith(sqlite.SCHEME):
                copied = await sqlite_copy.copy_to(copy)
            else:
                copied = await postgres_copy.copy_to(copy)
            _make_lasting(copy)
            _refuse_what_would_be_lost(file, force=force)
            copy.replace(file)
            _make_lasting(file.parent)
    return Backup(file, file.stat().st_size, copied.schema, copied.rows)


def _refuse_what_would_be_lost(file: Path, *, force: bool) -> None:
    url = settings().database_url
    if url.startswith(sqlite.SCHEME):
        own = Path(url.removeprefix(sqlite.SCHEME)).resolve()
        if file in (own, Path(f"{own}-wal"), Path(f"{own}-shm")):
            raise BackupFailed(f"{file} is the database itself.")
    if file.is_dir():
        raise BackupFailed(f"{file} is a folder: name a file in it.")
    if file.exists() and not force:
        raise BackupFailed(f"{file} is there already: choose another name, or say --force.")


@asynccontextmanager
async def _unfinished(file: Path) -> AsyncIterator[Path]:
    """Make an empty file beside it for our eyes only; gone afterwards unless it was renamed."""
    copy = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with _in_a_sentence(file):
            copy.unlink(missing_ok=True)
            os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield copy
    finally:
        for left in (copy, Path(f"{copy}-journal"), Path(f"{copy}-wal"), Path(f"{copy}-shm")):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)


@contextlib.contextmanager
def _in_a_sentence(file: Path) -> Iterator[None]:
    try:
        yield
    except DatabaseBusy:
        raise
    except (OSError, NoCopy) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BackupFailed(f"No backup was made to {file}: {why}.") from error


def _make_lasting(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

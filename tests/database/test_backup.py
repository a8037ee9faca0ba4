"""A backup is the database of one moment, whole, and nobody else's to read; or it is not there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from portal.database import backup, close_database, is_sqlite, open_database, run_sql, schema_state
from portal.database.backup import BackupFailed, back_up
from portal.database.postgres_copy import _without_password
from portal.settings import configure, settings
from tests.conftest import create_database
from tests.databases import ON_SQLITE
from tests.local_stripe import LocalStripe
from tests.onboarding.shop import Shop, open_shop
from tests.postgres import PostgresServer, find_binaries
from tests.processes import environment


@pytest.fixture(autouse=True)
def _postgres_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{find_binaries()}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
async def shop(database: str, sandbox: LocalStripe) -> Shop:
    return await open_shop(sandbox)


async def restored(file: Path, server: PostgresServer, folder: Path) -> str:
    """Put a backup back, the way docs/operating.md says, and open it."""
    if settings().database_url.startswith("sqlite"):
        shutil.copyfile(file, folder / "restored.sqlite")
        url = f"sqlite:///{folder / 'restored.sqlite'}"
    else:
        url = await create_database(server, "restored")
        restore = await asyncio.create_subprocess_exec(
            *("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={url}", str(file))
        )
        assert await restore.wait() == 0
    await open_database(url)
    return url


async def test_a_backup_opens_as_the_database_it_was(
    shop: Shop, postgres: PostgresServer, tmp_path: Path
) -> None:
    await shop.sign_up()
    file = tmp_path / "backups.nightly"

    url = settings().database_url
    made = await _in_a_command(file)
    await restored(file, postgres, tmp_path)

    assert made.rows["customer"] == 1
    assert made.rows["operation"] == 2
    assert made.size == file.stat().st_size > 0
    assert await schema_state() == "current"
    assert await run_sql("SELECT email FROM customer") == [{"email": "ada@lovelace.example"}]
    configure(database_url=url)


async def _in_a_command(file: Path, *, force: bool = False) -> backup.Backup:
    """Back up as the command does: in a process that has no database open."""
    await close_database()
    try:
        return await back_up(file, force=force)
    finally:
        await open_database(prepare=False)


async def test_whoever_was_acknowledged_before_it_began_is_in_it(
    shop: Shop, postgres: PostgresServer, tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    stop = asyncio.Event()

    async def keep_signing_up(stream: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            email = f"ada{stream}.{number}@lovelace.example"
            await shop.sign_up(email=email)
            acknowledged.append(email)

    file = tmp_path / "portal.backup"
    streams = [asyncio.create_task(keep_signing_up(stream)) for stream in range(3)]
    async with asyncio.timeout(60):
        while len(acknowledged) < 30:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    before = list(acknowledged)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "portal.cli", "backup", str(file)),
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    stop.set()
    await asyncio.gather(*streams)
    signed_up_meanwhile = len(acknowledged) - len(before)
    await close_database()
    await restored(file, postgres, tmp_path)
    kept = {row["email"] for row in await run_sql("SELECT email FROM customer")}
    whole = await run_sql(
        "SELECT COUNT(*) AS n FROM customer WHERE NOT EXISTS"
        " (SELECT 1 FROM operation WHERE operation.customer = customer.id)"
    )

    assert process.returncode == 0
    assert signed_up_meanwhile > 0
    assert set(before) <= kept <= set(acknowledged)
    assert whole == [{"n": 0}]
    assert f"customer {len(kept):,}" in said.decode()


async def test_nobody_else_can_read_it_and_it_is_one_file(database: str, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()

    await _in_a_command(folder / "one")

    assert stat.S_IMODE((folder / "one").stat().st_mode) == 0o600
    assert os.listdir(folder) == ["one"]


async def test_a_file_that_is_there_stays_unless_it_is_said_otherwise(
    database: str, tmp_path: Path
) -> None:
    file = tmp_path / "kept"
    file.write_text("last night's")

    with pytest.raises(BackupFailed, match="--force"):
        await _in_a_command(file)
    assert file.read_text() == "last night's"
    await _in_a_command(file, force=True)

    assert file.read_bytes()[:5] in (b"SQLit", b"PGDMP")


@ON_SQLITE
async def test_the_database_is_never_its_own_backup(database: str, tmp_path: Path) -> None:
    own = Path(database.removeprefix("sqlite:///"))
    (tmp_path / "alias").symlink_to(own)

    for name in (own, tmp_path / "alias", Path(f"{own}-wal")):
        with pytest.raises(BackupFailed, match="the database itself"):
            await _in_a_command(name, force=True)

    assert await schema_state() == "current"


async def test_where_there_is_no_database_none_is_made(tmp_path: Path) -> None:
    configure(database_url=f"sqlite:///{tmp_path / 'nowhere.sqlite'}")

    with pytest.raises(BackupFailed, match="there is no database at"):
        await back_up(tmp_path / "copy")

    assert os.listdir(tmp_path) == []


async def test_a_full_disk_leaves_a_sentence_and_no_half_file(
    database: str, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "old").write_text("last night's")

    def fill_the_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024, 16 * 1024))

    refused = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-B", "-m", "portal.cli", "backup", "--force", str(folder / "old")],
        env=environment(),
        capture_output=True,
        text=True,
        preexec_fn=fill_the_disk,
    )

    assert refused.returncode == 1
    assert "No backup was made" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert os.listdir(folder) == ["old"]
    assert (folder / "old").read_text() == "last night's"


@ON_SQLITE
async def test_a_damaged_database_is_not_copied_as_if_it_were_whole(
    database: str, tmp_path: Path
) -> None:
    await close_database()
    own = Path(database.removeprefix("sqlite:///"))
    with contextlib.closing(sqlite3.connect(own)) as direct:
        direct.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = direct.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'migration'"
        ).fetchone()
        (size,) = direct.execute("PRAGMA page_size").fetchone()
    whole, at = own.read_bytes(), (page - 1) * size + 8
    own.write_bytes(whole[:at] + b"\xff" * 64 + whole[at + 64 :])

    with pytest.raises(BackupFailed, match="No backup was made"):
        await back_up(tmp_path / "copy")

    assert not (tmp_path / "copy").exists()


async def test_without_pg_dump_it_says_what_to_install(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if is_sqlite():
        await _in_a_command(tmp_path / "copy")
        return

    with pytest.raises(BackupFailed, match=r"pg_dump is not on this machine; install PostgreSQL"):
        await _in_a_command(tmp_path / "copy")


def test_the_password_is_on_no_command_line() -> None:
    assert _without_password("postgresql://portal:p%40ss@db.example:5433/shop?sslmode=require") == (
        "postgresql://portal@db.example:5433/shop?sslmode=require",
        {"PGPASSWORD": "p@ss"},
    )
    assert _without_password("postgresql:///shop?host=/run/pg&password=x") == (
        "postgresql:///shop?host=/run/pg",
        {"PGPASSWORD": "x"},
    )
    assert _without_password("postgresql://db/shop") == ("postgresql://db/shop", {})

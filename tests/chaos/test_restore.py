"""A backup is put back, as docs/operating.md says: nobody is lost, and nobody is made twice."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from portal.database import close_database, is_sqlite, open_database, run_sql
from portal.settings import configure, settings
from tests.chaos.figures import Figures
from tests.chaos.scale import scaled
from tests.chaos.tally import tally
from tests.conftest import create_database
from tests.onboarding.shop import Shop
from tests.postgres import PostgresServer, find_binaries
from tests.processes import environment
from tests.reconciliation.conftest import Swept, back_up, restore, swept

__all__ = ["swept"]

PEOPLE = scaled(1, 100)
# Accepted before the backup, and done at Stripe after it.
WAITING = scaled(1, 50)
LATER = scaled(2, 100)


@pytest.fixture(autouse=True)
def _postgres_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{find_binaries()}{os.pathsep}{os.environ['PATH']}")


async def test_after_a_backup_is_put_back_everybody_is_there_once(
    swept: Swept, postgres: PostgresServer, figures: Figures, tmp_path: Path
) -> None:
    shop = swept.shop
    everybody = await _sign_up(shop, "ada", PEOPLE)
    await shop.stripe.fault(match="POST /v1/customers", fault="status", status=503)
    everybody += await _sign_up(shop, "waiting", WAITING)
    file = tmp_path / "portal.backup"
    await _portal("backup", str(file))
    await shop.stripe.mend()
    everybody += await _sign_up(shop, "later", LATER)
    assert (await tally(shop, everybody)).is_right

    await _put_back(file, postgres)
    assert await _count() == PEOPLE + WAITING
    shown = await _portal("reconcile", "--full")
    unchanged = await _count() == PEOPLE + WAITING
    told = json.loads(await _portal("reconcile", "--full", "--yes", "--json"))
    for email in everybody:
        await shop.sign_up(email=email, browser="another browser")
    await _until_quiet(shop)
    again = await swept.look()

    found = await tally(shop, everybody)
    figures.add(
        f"a backup {LATER} sign-ups old is put back, {WAITING} under way in it",
        mark="nobody lost, nobody twice; the second sweep finds nothing",
        got=f"{told['outcomes'].get('adopted')} adopted, then {again.drift}; {found}",
        met=found.is_right and not again.drift,
    )
    assert shown.count("a customer with our mark / adopted") >= LATER
    assert "Nothing was changed" in shown
    assert unchanged
    assert found.is_right, found
    assert again.differences == []


async def test_without_the_sweep_those_who_come_back_are_made_twice(
    shop: Shop, figures: Figures
) -> None:
    """The negative control."""
    backup = await back_up()
    later = await _sign_up(shop, "later", LATER)
    await restore(backup)

    await _sign_up(shop, "later", LATER)

    found = await tally(shop, later)
    figures.add(
        f"{LATER} who sign up again before the sweep (control)",
        mark="doubles",
        got=f"{len(found.doubled)} doubled",
        met=len(found.doubled) == LATER,
    )
    assert len(found.doubled) == LATER


async def _sign_up(shop: Shop, name: str, count: int) -> list[str]:
    emails = [f"{name}{number}@lovelace.example" for number in range(count)]
    for email in emails:
        await shop.sign_up(email=email)
    if await _is_answered(shop):
        await shop.work_in_the_end()
    else:
        await shop.work()
    return emails


async def _is_answered(shop: Shop) -> bool:
    return not (await shop.stripe.control("GET", "/faults"))["faults"]


async def _until_quiet(shop: Shop) -> None:
    """Let all be done that was under way in the backup, and all be heard that Stripe told of it."""
    while True:
        await shop.work_in_the_end()
        if not await run_sql("SELECT id FROM inbox_event WHERE state = 'new'"):
            return
        await run_sql("UPDATE inbox_event SET next_at = received_at WHERE state = 'new'")


async def _portal(*words: str) -> str:
    """Run a command as an operator does, and return what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "portal.cli", *words),
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, wrong = await asyncio.wait_for(process.communicate(), 300)
    assert process.returncode == 0, wrong.decode()
    return said.decode()


async def _put_back(file: Path, server: PostgresServer) -> None:
    """Put the copy in place: over the file, or into a database of its own that is named then."""
    on_sqlite = is_sqlite()
    await close_database()
    if on_sqlite:
        own = settings().database_url.removeprefix("sqlite:///")
        for beside in ("-wal", "-shm"):
            Path(own + beside).unlink(missing_ok=True)
        Path(own).write_bytes(file.read_bytes())
    else:
        url = await create_database(server, "portal_restored")
        restoring = await asyncio.create_subprocess_exec(
            *("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={url}", str(file))
        )
        assert await restoring.wait() == 0
        configure(database_url=url)
    await open_database(prepare=False)


async def _count() -> int:
    return int((await run_sql("SELECT COUNT(*) AS n FROM customer"))[0]["n"])

"""The disk is full, or another process holds the database: what was acknowledged is stored."""

from __future__ import annotations

import asyncio
import contextlib
import html
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from piccolo.columns import Integer
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.table import Table

from portal.database import run_sql
from portal.settings import settings
from tests.chaos.crowd import Crowd
from tests.chaos.figures import Figures
from tests.chaos.portals import portals
from tests.chaos.scale import scaled
from tests.chaos.tally import Tally, tally, until_done
from tests.limits import lift_limits
from tests.onboarding.shop import Shop

PEOPLE = scaled(20, 200)
SPREAD_S = scaled(4.0, 40.0)
FULL_S = scaled(2.0, 20.0)
NOTICED_WITHIN_S = 60.0
LOCKED_S = scaled(2.0, 10.0)
BACK_WITHIN_S = 5.0

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@only_sqlite
async def test_a_full_disk_is_told_and_then_forgotten(
    shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    await lift_limits()
    crowd = Crowd(PEOPLE)
    async with portals(tmp_path, places=2) as running:
        coming = asyncio.create_task(crowd.come([running.url], spread_s=SPREAD_S))
        await asyncio.sleep(SPREAD_S / 4)
        running.fill_disk()
        await asyncio.sleep(FULL_S)
        # On a machine this busy, somebody may not have come yet.
        async with asyncio.timeout(NOTICED_WITHIN_S):
            while not crowd.refused:  # noqa: ASYNC110 - people of another process's pages
                await asyncio.sleep(0.05)
        refused = {email for email in crowd.refused if email not in crowd.acknowledged}
        stored = {row["email"] for row in await run_sql("SELECT email FROM customer")}
        running.free_disk()
        free_at = time.time()
        await coming
        await until_done(120)

    found = await tally(shop, crowd.acknowledged)
    kept = sum(_is_kept(email, page) for email, page in crowd.refused.items())
    _tell(figures, f"disk full for {FULL_S:.0f} s during {PEOPLE} sign-ups", crowd, found, free_at)
    figures.add(
        "… whoever was refused has the form as it was",
        mark="all",
        got=f"{kept} of {len(crowd.refused)}",
        met=kept == len(crowd.refused),
    )
    assert refused
    assert not refused & stored
    assert kept == len(crowd.refused)
    assert len(crowd.acknowledged) == PEOPLE
    assert found.is_right, found
    assert crowd.answers.keys() <= {"form 200", "503", "billing portal", "/signup/status"}


@only_sqlite
async def test_a_lock_of_another_process_is_waited_for(
    shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    crowd, free_at = await _sign_up_beside_a_lock(tmp_path, PEOPLE, LOCKED_S)

    found = await tally(shop, crowd.acknowledged)
    what = f"locked by another process for {LOCKED_S:.0f} s during {PEOPLE} sign-ups"
    _tell(figures, what, crowd, found, free_at)
    assert max(crowd.took_s) > LOCKED_S / 2
    assert len(crowd.acknowledged) == PEOPLE
    assert crowd.errors == 0
    assert found.is_right, found


@only_sqlite
async def test_portals_that_do_not_wait_for_it_turn_people_away(
    shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    """The negative control: the same lock, and nobody waits."""
    people, locked_s = PEOPLE // 4, LOCKED_S / 4
    crowd, _ = await _sign_up_beside_a_lock(tmp_path, people, locked_s, impatient=True)

    figures.add(
        f"locked so for {locked_s:g} s during {people} sign-ups, and nobody waits (control)",
        mark="some refused",
        got=f"{crowd.errors} × 503",
        met=crowd.errors > 0,
    )
    assert crowd.errors > 0


async def test_with_piccolos_own_engine_what_was_acknowledged_is_lost(
    figures: Figures, tmp_path: Path
) -> None:
    """The negative control: one COMMIT that fails, and those after it are none."""
    path = tmp_path / "stock.sqlite"
    stock = SQLiteEngine(path=str(path), timeout=0.1)

    class Person(Table, db=stock):
        number = Integer()

    await Person.create_table()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM person").fetchall()
        with contextlib.suppress(sqlite3.OperationalError):
            async with stock.transaction():
                await Person.insert(Person(number=0))
        reader.execute("COMMIT")
        acknowledged = 0
        for number in range(1, 4):
            async with stock.transaction():
                await Person.insert(Person(number=number))
            acknowledged += 1
        # The file is locked from now on, until the process ends; and its thread keeps it from that.
        poisoned = stock.current_transaction.get()
        assert poisoned is not None
        await poisoned.connection.close()
        stored = reader.execute("SELECT COUNT(*) FROM person WHERE number > 0").fetchone()[0]

    figures.add(
        "Piccolo's own engine after one failed COMMIT (control)",
        mark="acknowledged ones lost",
        got=f"{acknowledged} acknowledged, {stored} stored",
        met=stored < acknowledged,
    )
    assert stored < acknowledged


async def _sign_up_beside_a_lock(
    folder: Path, people: int, locked_s: float, **order: Any
) -> tuple[Crowd, float]:
    """Have people sign up while another process holds the database; return when it let go."""
    await lift_limits()
    crowd, spread_s = Crowd(people), SPREAD_S * people / PEOPLE
    async with portals(folder, places=2, **order) as running:
        coming = asyncio.create_task(crowd.come([running.url], spread_s=spread_s))
        await asyncio.sleep(spread_s / 4)
        await _hold_the_lock(locked_s)
        free_at = time.time()
        await coming
        if not order:
            await until_done(120)
    return crowd, free_at


async def _hold_the_lock(for_s: float) -> None:
    program = f"""
import sqlite3, time
held = sqlite3.connect({settings().database_url.removeprefix("sqlite:///")!r},
    isolation_level=None, timeout=30)
held.execute("BEGIN EXCLUSIVE")
time.sleep({for_s})
held.execute("COMMIT")
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0


def _is_kept(email: str, page: str) -> bool:
    """Tell whether a page says what happened and still holds what was typed."""
    return "We could not save that just now." in page and f'value="{email}"' in html.unescape(page)


def _tell(figures: Figures, what: str, crowd: Crowd, found: Tally, free_at: float) -> None:
    after = [at - free_at for at in crowd.acknowledged.values() if at > free_at]
    back_s = min(after, default=0.0)
    figures.add(
        what,
        mark="acknowledged = stored, one of each",
        got=f"{found}, {crowd.errors} × 503",
        met=found.is_right and len(crowd.acknowledged) == PEOPLE,
    )
    figures.add(
        "… served again, without a restart of ours",
        mark=f"≤ {BACK_WITHIN_S:.0f} s",
        got=f"{back_s:.1f} s",
        met=back_s <= BACK_WITHIN_S,
    )

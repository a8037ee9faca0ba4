"""Two releases side by side on one database, while its schema grows: nobody notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from piccolo.apps.migrations.tables import Migration

from portal import database as portal_database
from portal.billing.gateway import close_gateways
from portal.database import run_sql, schema_state
from portal.settings import configure
from tests.chaos.browsers import Browser, many_browsers
from tests.chaos.crowd import Crowd
from tests.chaos.figures import Figures
from tests.chaos.portals import portals
from tests.chaos.scale import databases, scaled
from tests.chaos.tally import tally, until_done
from tests.chaos.weakened import NEXT_RELEASE
from tests.limits import lift_limits
from tests.local_stripe import LocalStripe
from tests.onboarding.shop import Shop, open_shop

PEOPLE = scaled(10, 300)
PLACES = scaled(1, 2)
SPREAD_S = scaled(2.0, 45.0)
GROWN = ("customer", "onboarding", "operation", "subscription", "billing_profile", "inbox_event")


@pytest.fixture
async def shop(bare_database_url: str, sandbox: LocalStripe) -> AsyncIterator[Shop]:
    """An open shop in a database of its own, since its schema will change."""
    configure(database_url=bare_database_url)
    await portal_database.open_database(bare_database_url, prepare=False)
    await portal_database.migrate()
    yield await open_shop(sandbox)
    await close_gateways()
    await portal_database.close_database()


@pytest.mark.parametrize("bare_database_url", databases("postgres"), indirect=True)
async def test_the_next_release_works_beside_this_one(
    shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    await lift_limits()
    crowd = Crowd(PEOPLE)
    async with AsyncExitStack() as stack:
        old = await stack.enter_async_context(portals(tmp_path, places=PLACES))
        urls = [old.url]
        coming = asyncio.create_task(crowd.come(urls, spread_s=SPREAD_S))
        await asyncio.sleep(SPREAD_S / 3)
        await _grow()
        new = portals(tmp_path, places=PLACES, next_release=True)
        urls.append((await stack.enter_async_context(new)).url)
        state = await schema_state()
        await coming
        await until_done(120)
        _, refused = await _try_after_a_break(old.url)

    found = await tally(shop, crowd.acknowledged)
    figures.add(
        f"{PEOPLE} sign-ups while the schema grows and the next release joins",
        mark="one of each, no 500",
        got=f"{found}, {crowd.answers['500']} × 500",
        met=found.is_right and not crowd.answers["500"] and not crowd.answers["form 500"],
    )
    figures.add(
        "a column is renamed under it (control)",
        mark="refused",
        got=f"answered {refused}",
        met=refused.startswith("5"),
    )
    assert state == "newer"
    assert found.is_right, found
    assert len(crowd.acknowledged) == PEOPLE
    assert not [told for told in crowd.answers if told.endswith("500")], crowd.answers
    assert refused.startswith("5")


async def _grow() -> None:
    """Do what a next release's migration may do while this release still runs: only add."""
    for table in GROWN:
        await run_sql(f"ALTER TABLE {table} ADD COLUMN of_next_release VARCHAR(20) DEFAULT ''")
    await run_sql("CREATE TABLE next_release (id INTEGER PRIMARY KEY)")
    await run_sql("CREATE INDEX next_release_seen ON customer (of_next_release)")
    await Migration.insert(Migration(name=NEXT_RELEASE, app_name="portal"))


async def _try_after_a_break(url: str) -> tuple[str, str]:
    """Rename a column, which no migration may, and sign up; how the form and the post ended."""
    async with many_browsers(1) as http:
        late = Browser(http, url, email="late@lovelace.example")
        form = await late.read_form()
        await run_sql("ALTER TABLE customer RENAME COLUMN phone TO phone_number")
        return form, await late.submit()

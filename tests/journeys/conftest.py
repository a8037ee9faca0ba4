"""A shop that is open, and people's browsers in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.shop import Shop, open_shop
from tests.journeys.watching import Browsers, watched
from tests.local_stripe import LocalStripe

# A busy machine takes its time; whoever waits goes on as soon as it is there.
expect.set_options(timeout=30_000)


@pytest.fixture
async def shop(database: str, sandbox: LocalStripe) -> AsyncIterator[Shop]:
    """A portal that sells what the demo sells, with its worker, at a Stripe of its own."""
    async with open_shop(sandbox) as opened:
        yield opened


@pytest.fixture
async def browsers(browser: Browser, shop: Shop) -> AsyncIterator[Browsers]:
    """Browsers that know nothing of each other; their complaints fail the test."""
    async with watched(browser, shop.url) as opened:
        yield opened


@pytest.fixture
async def page(browsers: Browsers) -> Page:
    """A tab of Ada's browser."""
    return await browsers()


@pytest.fixture
def scripts(database_url: str) -> bool:
    """Whether browsers run scripts: they do where the database is SQLite, not on PostgreSQL."""
    return database_url.startswith("sqlite")


@pytest.fixture
async def either(browsers: Browsers, scripts: bool) -> Page:
    """A tab with scripts where the database is SQLite, and without where it is PostgreSQL."""
    return await browsers(java_script_enabled=scripts)

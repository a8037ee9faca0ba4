"""The portal with its worker, over the shop of the onboarding tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache

import pytest
from litestar import Litestar

from portal.app import Portal, create_app
from portal.billing.gateway import close_gateways
from portal.pages.fresh import finish_fetching
from portal.web import templates
from portal.web.templates import name_paths
from tests.local_stripe import LocalStripe
from tests.onboarding.shop import Shop, open_shop
from tests.pages.browsing import Visitor, browser_at
from tests.pages.shelves import sell_more


@pytest.fixture
async def shop(database: str, sandbox: LocalStripe) -> AsyncIterator[Shop]:
    """An open shop with two sites, and prices in two currencies and intervals."""
    yield await sell_more(await open_shop(sandbox))
    await finish_fetching()
    await close_gateways()


@pytest.fixture
async def portal(shop: Shop) -> AsyncIterator[Portal]:
    """The application, and the worker beside it."""
    await shop.worker.start()
    doors, paths = _doors()
    name_paths(paths)
    yield Portal(doors)
    await shop.worker.stop()


@cache
def _doors() -> tuple[Litestar, dict[str, str]]:
    """Make the doors once for all tests, as they keep nothing of what they answer; and their paths.

    Only the edge before them reads settings as it is made.
    """
    return create_app().doors, dict(templates._PATHS)


@pytest.fixture
async def key_seen(shop: Shop, portal: Portal) -> None:
    """The worker has looked at the key: whatever is asked of Stripe from now on is the test's."""
    await shop.key_seen()


@pytest.fixture
async def ada(portal: Portal) -> AsyncIterator[Visitor]:
    """Ada's browser."""
    async with browser_at(portal) as http:
        yield Visitor(http)


@pytest.fixture
async def mallory(portal: Portal) -> AsyncIterator[Visitor]:
    """Mallory's browser."""
    async with browser_at(portal) as http:
        yield Visitor(http)

"""The portal over the shop of the pages' tests, and a program with a key of all scopes."""

from __future__ import annotations

import pytest

from tests.api.conftest import portal, program, shop
from tests.onboarding.shop import Shop
from tests.pages.shelves import change_site

__all__ = ["portal", "program", "shop"]


@pytest.fixture
async def market(shop: Shop) -> Shop:
    """The shop, whose first site subscribes to Studio when no plan is named."""
    return await change_site(shop, default_plan="studio")

"""The shop."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from portal.billing.gateway import close_gateways
from tests.local_stripe import LocalStripe
from tests.onboarding.shop import Shop, open_shop


@pytest.fixture
async def shop(database: str, sandbox: LocalStripe) -> AsyncIterator[Shop]:
    """An open shop on either database, with a fresh account at the sandbox."""
    yield await open_shop(sandbox)
    await close_gateways()

"""A gateway to the sandbox, closed after the test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from portal.billing.gateway import close_gateways, open_gateway
from portal.billing.stripe_gateway import StripeGateway
from tests.local_stripe import LocalStripe


@pytest.fixture
async def gateway(sandbox: LocalStripe) -> AsyncIterator[StripeGateway]:
    """The gateway of a fresh account."""
    yield open_gateway(sandbox.key)
    await close_gateways()

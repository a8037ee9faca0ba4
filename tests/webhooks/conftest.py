"""The door for events as an application of its own, without the rest of the portal."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from portal.billing.endpoints import forget_endpoints
from portal.clock import now
from portal.ids import new_id
from portal.sealing import seal
from portal.sites.tables import Company
from portal.webhooks.stripe import take_stripe_event
from tests.billing.signing import SECRET


@pytest.fixture
async def acme(database: str) -> AsyncIterator[str]:
    """A company whose events are signed with SECRET."""
    forget_endpoints()
    company = Company(
        id=new_id("comp"),
        key="acme",
        name="Acme",
        stripe_account="acct_acme",
        webhook_secrets=seal(json.dumps([SECRET]), "webhook_secrets"),
        created_at=now(),
    )
    await company.save()
    yield company.id
    forget_endpoints()


@pytest.fixture
async def client(acme: str) -> AsyncIterator[httpx.AsyncClient]:
    """Stripe, or who pretends to be."""
    app: Any = Litestar([take_stripe_event], openapi_config=None, logging_config=None)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://us.example") as client:
        yield client

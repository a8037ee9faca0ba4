"""Stripe delivers over HTTP, and some of its deliveries are lost on the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar import Litestar

from portal.billing.endpoints import forget_endpoints
from portal.database import run_sql
from portal.sealing import seal
from portal.sites.tables import Company
from portal.webhooks.stripe import take_stripe_event
from tests.conftest import serving
from tests.reconciliation.conftest import Swept
from tests.reconciliation.test_sweep import PEOPLE

LOST = 0.3
"""In a run of few people; one in twenty of a thousand is what `make chaos` loses."""


@pytest.fixture
async def listening(swept: Swept) -> AsyncIterator[None]:
    """Our door for events, and an endpoint at the sandbox that leads to it."""

    def door(_: str) -> Any:
        return Litestar([take_stripe_event], openapi_config=None, logging_config=None)

    forget_endpoints()
    async with serving(door) as address:
        v1 = await swept.v1()
        made = await v1.webhook_endpoints.create_async(
            {"url": f"{address}/webhooks/stripe/acme", "enabled_events": ["*"]}
        )
        await Company.update(
            {Company.webhook_secrets: seal(json.dumps([made.secret]), "webhook_secrets")}
        ).where(Company.id == "comp_1")
        yield
        await v1.webhook_endpoints.delete_async(made.id)
    forget_endpoints()


async def test_what_was_lost_on_the_way_is_made_good(swept: Swept, listening: None) -> None:
    await swept.shop.stripe.control("POST", "/webhooks", {"drop": LOST, "seed": 11})
    made = await swept.people(PEOPLE)
    await delivered(swept)
    await swept.sweep(full=False)
    v1 = await swept.v1()
    for number, row in enumerate(made):
        held = row["subscription_stripe_id"]
        if number % 2:
            await v1.subscriptions.cancel_async(held)
        else:
            await v1.subscriptions.update_async(held, {"cancel_at_period_end": True})
    lost = await delivered(swept)
    assert lost
    assert (await swept.look()).drift > 0, "the negative control: they are behind without a sweep"

    report = await swept.sweep(full=False)

    assert report.heard_again > 0
    assert (await swept.look()).differences == []
    assert await swept.matches_stripe()
    rows = await run_sql("SELECT event_id FROM inbox_event WHERE event_id LIKE 'evt_%'")
    assert len({row["event_id"] for row in rows}) == len(rows)


async def delivered(swept: Swept) -> int:
    """Wait until the sandbox has tried every delivery, and handle them; tell how many were lost."""
    async with asyncio.timeout(60):
        while await _deliveries(swept, "pending"):  # noqa: ASYNC110 - the sandbox's doing
            await asyncio.sleep(0.05)
    await swept.shop.work()
    return await _deliveries(swept, "dropped")


async def _deliveries(swept: Swept, state: str) -> int:
    found = await swept.shop.stripe.control("GET", "/deliveries", state=state)
    return len(found["deliveries"])

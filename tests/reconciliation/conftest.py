"""A shop that is swept, and what goes wrong between it and Stripe."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from litestar import Litestar
from piccolo.table import sort_table_classes

from portal.billing.endpoints import forget_endpoints
from portal.billing.gateway import close_gateways, gateway_of
from portal.billing.inbox import keep
from portal.billing.stripe_events import BillingEvent, what_to_fetch
from portal.clock import now
from portal.database import run_sql, transaction
from portal.piccolo_app import APP_CONFIG
from portal.reconciliation.report import Report
from portal.reconciliation.sweep import sellers, sweep
from portal.sealing import seal
from portal.sites.tables import Company
from portal.subscriptions.sync import sync_object
from portal.webhooks.stripe import take_stripe_event
from tests.conftest import empty_tables, serving
from tests.local_stripe import LocalStripe
from tests.onboarding.shop import Shop, onboarding, open_shop

QUICKLY = 10_000.0


@dataclass(frozen=True, slots=True)
class Swept:
    """The shop, and sweeps of it."""

    shop: Shop

    async def look(self, *, full: bool = True, **given: Any) -> Report:
        """Compare, and change nothing."""
        return await self._sweep(full, carry_out=False, **given)

    async def sweep(self, *, full: bool = True, **given: Any) -> Report:
        """Compare and carry it out, with the work that follows."""
        report = await self._sweep(full, carry_out=True, **given)
        await self.shop.work()
        return report

    async def _sweep(self, full: bool, **given: Any) -> Report:
        seller, *_ = await sellers()
        report = await sweep(seller, full=full, calls_per_s=QUICKLY, **given)
        assert not report.problem
        return report

    async def people(self, count: int, plan: str = "studio") -> list[dict[str, Any]]:
        """Have people sign up, and hear all that Stripe tells of it."""
        before = (await run_sql("SELECT COUNT(*) AS n FROM customer"))[0]["n"]
        made = []
        for number in range(before, before + count):
            signed_up = await self.shop.sign_up(
                plan, email=f"ada{number}@lovelace.example", browser=f"browser {number}"
            )
            await self.shop.work()
            made.append(dict(await onboarding(signed_up)))
        await self.settle()
        return made

    async def settle(self) -> None:
        """Have every copy be as Stripe has it."""
        for row in await run_sql("SELECT company, stripe_id FROM customer"):
            await sync_object(row["company"], row["stripe_id"])
        for row in await run_sql("SELECT stripe_id FROM subscription"):
            await sync_object("comp_1", row["stripe_id"])
        await self.shop.work()

    async def v1(self) -> Any:
        """Return what the seller does at Stripe itself, in the Dashboard or by their own code."""
        return (await gateway_of("comp_1")).v1

    async def customers(self) -> list[dict[str, Any]]:
        """Read our customers, in the order in which they came."""
        return await run_sql("SELECT * FROM customer ORDER BY id")

    async def matches_stripe(self) -> bool:
        """Tell whether our copies are what the sandbox has, without asking any code of ours."""
        theirs = {
            one["id"]: one["status"] for one in await self.shop.stripe.objects("subscription")
        }
        ours = {
            row["stripe_id"]: row["status"]
            for row in await run_sql("SELECT stripe_id, status FROM subscription")
        }
        living = {
            one["id"]
            for one in await self.shop.stripe.objects("customer")
            if not one.get("deleted")
        }
        held = {
            row["stripe_id"]
            for row in await run_sql("SELECT stripe_id FROM customer WHERE status = 'active'")
        }
        return (ours, held) == (theirs, living)


@pytest.fixture
async def swept(database: str, sandbox: LocalStripe) -> AsyncIterator[Swept]:
    """A shop on either database."""
    yield Swept(await open_shop(sandbox))
    await close_gateways()


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


Backup = dict[str, list[dict[str, Any]]]


async def back_up() -> Backup:
    """Read every row."""
    return {table._meta.tablename: await table.select() for table in APP_CONFIG.table_classes}


async def restore(backup: Backup) -> None:
    """Have the rows of a backup, and no others."""
    await empty_tables()
    for table in sort_table_classes(APP_CONFIG.table_classes):
        rows = backup[table._meta.tablename]
        if table._meta.tablename == "ticket":
            await run_sql("UPDATE ticket SET value = {}", rows[0]["value"])
        elif rows:
            async with transaction():
                await table.insert(*(table(**row) for row in rows))


def told(happened: dict[str, Any]) -> BillingEvent:
    """Read one of the sandbox's events."""
    about, before = happened["data"]["object"], happened["data"].get("previous_attributes") or {}
    object_id = what_to_fetch(happened["type"], about, before)
    return BillingEvent(happened["id"], happened["type"], object_id, now(), False, None, "0" * 64)


async def deliver(shop: Shop, *, lost: set[str]) -> int:
    """Deliver what happened but for these events; return how many there were."""
    happened = (await shop.stripe.control("GET", "/events"))["events"]
    for event in happened:
        if event["id"] not in lost:
            await keep("comp_1", told(event), accepted=True)
    await shop.work()
    return len(happened)


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

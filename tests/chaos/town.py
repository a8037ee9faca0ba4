"""A small town of customers: what can happen to them, here, at Stripe and in between."""

from __future__ import annotations

import contextlib
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import time_machine

from portal import clock
from portal.app import Portal, create_app
from portal.billing.budget import Breaker
from portal.billing.endpoints import forget_endpoints
from portal.billing.gateway import close_gateways, gateway_of
from portal.database import run_sql
from portal.pages.fresh import finish_fetching
from portal.plans.offers import forget_offers
from portal.reconciliation.sweep import sellers, sweep
from portal.settings import configure
from portal.sites.storefront import forget_sites
from portal.web.limits import forget_limits
from tests.billing.signing import SECRET, signed
from tests.chaos.citizens import EVERYBODY, Citizens
from tests.chaos.holding import (
    Broken,
    changes_are_done,
    copies_are_true,
    nobody_is_there_twice,
    sign_ups_are_there,
)
from tests.chaos.raw import Asked, ask
from tests.chaos.there import There
from tests.conftest import empty_tables
from tests.limits import lift_limits
from tests.local_stripe import open_account
from tests.onboarding.shop import Shop, open_shop
from tests.pages.browsing import Visitor, browser_at

_OWED = """SELECT kind, attempts, error_code, error_text FROM operation WHERE state = 'ready'
 AND NOT EXISTS (SELECT 1 FROM operation AS before WHERE before.lane = operation.lane
  AND before.state = 'refused')"""
LEASE_OVER = timedelta(minutes=2)


@dataclass
class Town:
    """People, the portal, Stripe, and the events between the two.

    `seen` counts what has come to pass, so that a test can tell that it did.
    """

    shop: Shop
    portal: Portal
    there: There
    people: Citizens
    seen: Counter[str]
    heard: set[str] = field(default_factory=set)
    has_lost_events: bool = False

    async def work(self) -> None:
        """Let the worker do what is due."""
        gateway = await gateway_of(self.shop.site.company_id)
        gateway.transport.breaker = Breaker()
        await self.shop.work()

    async def deliver(self, dice: random.Random, *, times: int = 1, lose: bool = False) -> None:
        """Have what Stripe told since come in, shuffled, each so often; or never."""
        told = [event for event in await self._events() if event["id"] not in self.heard]
        self.heard |= {event["id"] for event in told}
        if lose:
            self.has_lost_events |= bool(told)
            return
        coming = told * times
        dice.shuffle(coming)
        for event in coming:
            body = json.dumps(event).encode()
            headers = [(b"stripe-signature", signed(body).encode())]
            answer = await ask(self.portal, Asked("POST", b"/webhooks/stripe/acme", headers, body))
            if answer.status != 200:
                raise Broken(f"an event was answered {answer.status}")

    async def _events(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.shop.stripe.control("GET", "/events"))["events"]
        return found

    async def sweep(self) -> None:
        """Compare everything with Stripe, and mend it."""
        for seller in await sellers():
            await sweep(seller, full=True, carry_out=True, calls_per_s=10_000.0)

    # What must hold

    async def check(self) -> None:
        """See that nobody is at Stripe twice, or holds two subscriptions there."""
        await nobody_is_there_twice(self.shop, self.seen)

    async def settle(self) -> None:
        """Let all end that is under way; then our copies must be what Stripe has.

        Raises:
            Broken: they are not, or somebody who was acknowledged is not there.
        """
        await self.there.go_well()
        await self.settle_with_its_faults()

    async def settle_with_its_faults(self) -> None:
        """Settle while that goes wrong which was told to."""
        for _ in range(10):
            await self.there.pass_time(LEASE_OVER)
            await self.deliver(random.Random(0))
            await self._work_off()
            if self.has_lost_events:
                # Earlier sweeps may have come before what the lost events told of was ours.
                await self.sweep()
                self.has_lost_events = False
            await self.check()
            if await self._is_quiet():
                break
        else:
            raise Broken("it never becomes quiet")
        self.seen["became quiet"] += 1
        await sign_ups_are_there(self.shop, self.seen)
        await changes_are_done(self.seen)
        await copies_are_true()

    async def _work_off(self) -> None:
        """Do everything, without the waits between tries; what waits for a person stays."""
        for _ in range(20):
            await self.work()
            if not (left := await run_sql(_OWED)):
                return
            await run_sql("UPDATE operation SET next_at = created_at WHERE state = 'ready'")
        raise Broken(f"it is never done: {left}")

    async def _is_quiet(self) -> bool:
        new = await run_sql("SELECT id FROM inbox_event WHERE state = 'new'")
        told = {event["id"] for event in await self._events()}
        return (
            not new and not await run_sql(_OWED) and told <= self.heard and not self.has_lost_events
        )


@asynccontextmanager
async def town(stripe_url: str, seen: Counter[str] | None = None) -> AsyncIterator[Town]:
    """Open a town in which nothing has happened yet."""
    seen = Counter() if seen is None else seen
    with _travelling() as time:
        async with (
            httpx.AsyncClient(timeout=60, verify=False) as http,
            contextlib.AsyncExitStack() as stack,
        ):
            account = await open_account(stripe_url, http)
            configure(stripe_key=account.key, stripe_webhook_secret=SECRET)
            await empty_tables()
            await close_gateways()
            shop = await open_shop(account)
            await run_sql("UPDATE plan SET pausable = {}", True)
            await lift_limits(of_mails=True)
            for forget in (forget_sites, forget_offers, forget_limits, forget_endpoints):
                forget()
            portal = create_app()
            visitors = {
                who: Visitor(await stack.enter_async_context(browser_at(portal)))
                for who in EVERYBODY
            }
            yield Town(shop, portal, There(shop, time), Citizens(shop, visitors, seen), seen)
            await finish_fetching()
            await close_gateways()


@contextmanager
def _travelling() -> Iterator[Any]:
    with time_machine.travel(clock.now(), tick=True) as traveller:
        yield traveller

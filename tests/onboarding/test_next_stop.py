"""The way on after the button: as soon as it is known, and never longer than promised."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from portal.billing.gateway import WORKER_S
from portal.database import run_sql
from portal.onboarding.next_stop import (
    PortalPage,
    StatusPage,
    Stop,
    WelcomePage,
    next_stop,
)
from portal.onboarding.signup import SignedUp
from tests.onboarding.shop import Shop


@pytest.fixture
async def busy_shop(shop: Shop) -> AsyncIterator[Shop]:
    """The shop with its worker at work."""
    await shop.worker.start()
    await shop.key_seen()
    yield shop
    await shop.worker.stop(1.0)


async def stop_of(signed_up: SignedUp, wait_s: float = 4.0) -> Stop:
    assert signed_up.onboarding is not None
    return await next_stop(signed_up.onboarding, wait_s=wait_s)


async def test_a_plan_to_pay_leads_to_the_billing_portal(busy_shop: Shop) -> None:
    before = len(await busy_shop.stripe.calls())
    stop = await stop_of(await busy_shop.sign_up())

    assert isinstance(stop, PortalPage)
    assert stop.url.startswith(busy_shop.stripe.url)
    assert sorted((await busy_shop.stripe.calls())[before:]) == [
        ("POST", "/v1/billing_portal/sessions"),
        ("POST", "/v1/customers"),
        ("POST", "/v1/subscriptions"),
    ]


async def test_the_portal_is_opened_beside_the_subscription(busy_shop: Shop) -> None:
    await busy_shop.stripe.fault(match="POST /v1/subscriptions", fault="delay", delay=1.0)

    assert isinstance(await stop_of(await busy_shop.sign_up()), PortalPage)

    answered = [path for _, path in await busy_shop.stripe.calls()]
    assert answered.index("/v1/billing_portal/sessions") < answered.index("/v1/subscriptions")


async def test_the_portals_address_is_kept_nowhere(busy_shop: Shop) -> None:
    stop = await stop_of(await busy_shop.sign_up())

    assert isinstance(stop, PortalPage)
    secret = stop.url.rpartition("/")[2]
    rows = [await run_sql(f"SELECT * FROM {table}") for table in ("operation", "onboarding")]
    assert secret not in repr(rows)


@pytest.mark.parametrize("plan", ["reader", None])
async def test_nothing_to_pay_leads_to_the_welcome_page(busy_shop: Shop, plan: str | None) -> None:
    before = len(await busy_shop.stripe.calls())
    signed_up = await busy_shop.sign_up(plan)

    assert await stop_of(signed_up) == WelcomePage(signed_up.onboarding or "")
    calls = (await busy_shop.stripe.calls())[before:]
    assert ("POST", "/v1/billing_portal/sessions") not in calls


@pytest.mark.parametrize("plan", ["studio", "house"])
async def test_what_never_costs_anything_asks_for_no_card(busy_shop: Shop, plan: str) -> None:
    free = await busy_shop.coupon(percent_off="100", duration="forever")
    before = len(await busy_shop.stripe.calls())

    signed_up = await busy_shop.sign_up(plan, coupon=free)

    assert await stop_of(signed_up) == WelcomePage(signed_up.onboarding or "")
    assert sorted((await busy_shop.stripe.calls())[before:]) == [
        ("POST", "/v1/customers"),
        ("POST", "/v1/subscriptions"),
    ]


@pytest.mark.parametrize("plan", ["studio", "house"])
async def test_a_discount_that_passes_needs_a_card_and_no_further_call(
    busy_shop: Shop, plan: str
) -> None:
    once = await busy_shop.coupon(percent_off="100", duration="once")
    before = len(await busy_shop.stripe.calls())

    assert isinstance(await stop_of(await busy_shop.sign_up(plan, coupon=once)), PortalPage)

    assert len((await busy_shop.stripe.calls())[before:]) == 3


async def test_stripe_down_leads_to_the_status_page_in_time_and_on_when_it_is_back(
    busy_shop: Shop,
) -> None:
    await busy_shop.stripe.fault(match="* /v1/*", fault="hang", delay=3.0)
    signed_up = await busy_shop.sign_up()
    assert await stop_of(signed_up, 0.5) == StatusPage(signed_up.onboarding or "")
    tried = ("POST", "/v1/customers")
    assert tried not in await busy_shop.stripe.calls(), "Stripe has not hung up yet"

    await busy_shop.stripe.mend()

    assert isinstance(await stop_of(signed_up, 30.0), PortalPage)
    assert await busy_shop.counts() == (1, 1)


async def test_a_portal_that_does_not_answer_leads_to_the_status_page(busy_shop: Shop) -> None:
    match = "POST /v1/billing_portal/sessions"
    await busy_shop.stripe.fault(match=match, fault="hang", delay=WORKER_S, times=1)
    signed_up = await busy_shop.sign_up()

    async with asyncio.timeout(WORKER_S / 2):
        assert await stop_of(signed_up) == StatusPage(signed_up.onboarding or "")

    assert isinstance(await stop_of(signed_up), PortalPage)


async def test_a_refused_portal_leads_to_the_welcome_page(busy_shop: Shop) -> None:
    match = "POST /v1/billing_portal/sessions"
    await busy_shop.stripe.fault(match=match, fault="status", status=400)
    signed_up = await busy_shop.sign_up()

    assert await stop_of(signed_up) == WelcomePage(signed_up.onboarding or "")


async def test_another_process_finishing_it_is_noticed(shop: Shop) -> None:
    signed_up = await shop.sign_up()
    waiting = asyncio.create_task(stop_of(signed_up))
    await asyncio.sleep(0)
    await shop.work()

    assert isinstance(await waiting, PortalPage)


async def test_who_does_not_wait_is_told_at_once(shop: Shop) -> None:
    signed_up = await shop.sign_up()

    assert await stop_of(signed_up, 0) == StatusPage(signed_up.onboarding or "")

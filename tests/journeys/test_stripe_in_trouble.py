"""Stripe is down, slow, or breaks off in the middle: it is told soon, and heals itself."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA
from tests.journeys.shop import ONE_OF_EACH, Shop
from tests.journeys.steps import (
    choose,
    fill,
    heading,
    pay,
    send,
    sign_up,
    stands,
)
from tests.journeys.watching import Browsers

IN_THE_END_MS = 60_000


async def on_the_status_page(page: Page) -> None:
    """Expect the page that waits, which comes though Stripe is in trouble still."""
    await expect(heading(page, "Setting up your account")).to_be_visible()


async def at_the_card_in_the_end(page: Page) -> None:
    """Expect the page for the card, without anybody having pressed anything."""
    await expect(heading(page, "Add payment method")).to_be_visible(timeout=IN_THE_END_MS)


@pytest.mark.parametrize(
    ("database_url", "scripts"),
    [("sqlite", True), ("sqlite", False), ("postgres", True)],
    indirect=["database_url"],
)
async def test_down_and_back_again(shop: Shop, browsers: Browsers, scripts: bool) -> None:
    page = await browsers(java_script_enabled=scripts)
    await choose(page, "House")
    await fill(page, ADA)
    await shop.stripe.fault(match="* /v1/*", fault="reset")
    await send(page, "House")
    await on_the_status_page(page)
    if scripts:
        await expect(page.get_by_text("We have your details.")).to_be_visible()

    await shop.stripe.mend()
    await at_the_card_in_the_end(page)
    await pay(page)
    await stands(page, "Active", re.compile("^Your plan is active. "))
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_slow(shop: Shop, page: Page) -> None:
    # It is there for seconds only, which a busy machine may look past.
    came_by: list[str] = []
    page.on("framenavigated", lambda frame: came_by.append(frame.url))
    await choose(page, "Studio")
    await fill(page, ADA)
    await shop.stripe.fault(match="POST /v1/customers", fault="delay", delay=8, times=1)
    await send(page, "Studio")

    await at_the_card_in_the_end(page)
    assert [url for url in came_by if "/signup/status/" in url]
    assert await shop.books() == ONE_OF_EACH


@pytest.mark.parametrize(
    "fault",
    [
        {"match": "POST /v1/subscriptions", "fault": "status", "status": 500, "saved": True},
        {"match": "POST /v1/subscriptions", "fault": "reset", "when": "after"},
        {"match": "POST /v1/customers", "fault": "reset", "when": "after"},
    ],
    ids=["subscription-500-saved", "subscription-lost-answer", "customer-lost-answer"],
)
async def test_breaking_off_in_the_middle(shop: Shop, page: Page, fault: dict[str, object]) -> None:
    await choose(page, "House")
    await fill(page, ADA)
    await shop.stripe.fault(**fault, times=2)
    await send(page, "House")

    await at_the_card_in_the_end(page)
    await pay(page)
    await stands(page, "Active", re.compile("^Your plan is active. "))
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_billing_portal_refused_for_a_while(shop: Shop, page: Page) -> None:
    await choose(page, "Studio")
    await fill(page, ADA)
    await shop.stripe.fault(match="POST /v1/billing_portal/sessions", fault="reset", times=3)
    await send(page, "Studio")

    await at_the_card_in_the_end(page)
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_a_person_who_closes_the_page_loses_nothing(shop: Shop, browsers: Browsers) -> None:
    page = await browsers()
    await choose(page, "Studio")
    await fill(page, ADA)
    await shop.stripe.fault(match="* /v1/*", fault="reset")
    await send(page, "Studio")
    await on_the_status_page(page)
    waiting = page.url
    await page.goto("about:blank")

    await shop.stripe.mend()
    await page.goto(waiting)
    await at_the_card_in_the_end(page)
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_stripe_down_when_looking_at_the_account_shows_what_we_know(
    shop: Shop, page: Page
) -> None:
    await sign_up(page, ADA, "Studio")
    await pay(page)
    await stands(page, "Trial", re.compile("^Your trial runs until "))
    await shop.stripe.fault(match="* /v1/*", fault="hang", delay=8)
    await page.reload()

    await stands(page, "Trial", re.compile("^Your trial runs until "))

"""Impatience, second thoughts and bad luck: one person stays one customer."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA
from tests.journeys.shop import ONE_OF_EACH, Shop
from tests.journeys.steps import (
    BUTTONS,
    choose,
    field,
    fill,
    heading,
    pay,
    send,
    sign_up,
    stands,
)
from tests.journeys.truth import until_at_stripe
from tests.journeys.watching import Browsers


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_a_triple_click(shop: Shop, browsers: Browsers, scripts: bool) -> None:
    page = await browsers(java_script_enabled=scripts)
    await choose(page, "Studio")
    await fill(page, ADA)

    await page.get_by_role("button", name=BUTTONS["Studio"]).click(click_count=3)

    await expect(heading(page, "Add payment method")).to_be_visible()
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_back_and_send_again(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA)
    await expect(heading(page, "Add payment method")).to_be_visible()
    await page.go_back()
    for label in ("Email", "First name", "Street address", "Postcode"):
        await expect(field(page, label)).to_have_value(ADA[label])
    await send(page, "Studio")

    await pay(page)
    await stands(page, "Trial", re.compile("^Your trial runs until "))
    assert await shop.books() == ONE_OF_EACH


async def test_back_with_another_address(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA)
    await expect(heading(page, "Add payment method")).to_be_visible()
    await page.go_back()
    await fill(page, {"Street address": "1 St James’s Square", "Postcode": "SW1Y 4LB"})
    await send(page, "Studio")

    await expect(heading(page, "Add payment method")).to_be_visible()
    await until_at_stripe(shop, "line1", "1 St James’s Square")
    await until_at_stripe(shop, "postal_code", "SW1Y 4LB")
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_refresh_everywhere(shop: Shop, page: Page) -> None:
    await page.goto("/")
    await page.reload()
    await choose(page, "House")
    await page.reload()
    await fill(page, ADA)
    await send(page, "House")
    await expect(heading(page, "Add payment method")).to_be_visible()
    await page.reload()
    await pay(page)
    await page.reload()
    await stands(page, "Active", re.compile("^Your plan is active. "))
    await page.reload()

    assert await shop.books() == ONE_OF_EACH
    (invoice,) = await shop.stripe.objects("invoice")
    assert invoice["amount_paid"] == 4900

"""Time passes at Stripe, and the account says what became of the plan."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.journeys.databases import ON_SQLITE
from tests.journeys.people import ADA
from tests.journeys.shop import Shop
from tests.journeys.steps import go_back_without_card, pay, sign_up, stands
from tests.journeys.truth import until_our_copy

DAY = 86_400


async def pass_days(shop: Shop, days: int) -> None:
    """Move Stripe's clock on."""
    await shop.stripe.control("POST", "/clock", {"advance": days * DAY})


async def test_a_trial_with_a_card_ends_and_is_paid(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "Studio")
    await pay(page)
    await stands(page, "Trial", re.compile("^Your trial runs until "))

    await pass_days(shop, 15)
    await until_our_copy("subscription", status="active")
    await page.reload()

    await stands(page, "Active", re.compile("^Your plan is active. €12.00 is charged on "))
    await expect(page.get_by_text("Trial ends")).to_have_count(0)


@ON_SQLITE
async def test_a_trial_without_a_card_ends_for_good(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "Studio")
    await go_back_without_card(page)

    await pass_days(shop, 15)
    await until_our_copy("subscription", status="canceled")
    await page.reload()

    await stands(page, "Ended", re.compile("^Your plan ended on "))

"""What the welcome page says after Stripe's page: without a card, with a bad one, with a bank."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.async_api import Page, expect

from portal import clock
from tests.databases import ON_SQLITE
from tests.journeys.people import ADA
from tests.journeys.shop import ONE_OF_EACH, Shop
from tests.journeys.steps import (
    CONFIRMED_ALWAYS,
    CONFIRMED_ONCE,
    DECLINED,
    DECLINED_LATER,
    GOOD,
    fact,
    go_back_without_card,
    heading,
    pay,
    sign_up,
    stands,
    type_card,
)


def in_days(days: int) -> str:
    """Write the day so many days from now."""
    day = clock.now() + timedelta(days=days)
    return f"{day.day} {day:%B %Y}"


@ON_SQLITE
async def test_a_trial_without_a_card_is_told_when_it_ends(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "Studio")
    await go_back_without_card(page)

    await stands(
        page,
        "Trial",
        f"Your trial runs until {in_days(14)}. Without a payment method your plan ends then.",
    )
    await expect(fact(page, "Payment method")).to_have_text("None yet")

    await page.get_by_role("button", name="Add payment method").click()
    await pay(page)
    await stands(page, "Trial", re.compile(" Then your plan goes on for €12.00.$"))
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_a_paid_plan_without_a_card_is_told_what_is_due(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "House")
    await go_back_without_card(page)

    await stands(page, "Payment due", re.compile("^Your plan starts when €49.00 is paid. Add a "))
    await page.get_by_role("button", name="Add payment method").click()
    await pay(page)
    await stands(page, "Active", re.compile("^Your plan is active. "))


@ON_SQLITE
async def test_a_card_declined_on_stripe_s_page_and_another(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "Studio")
    await type_card(page, DECLINED)
    await expect(page.get_by_role("alert")).to_contain_text("Your card was declined.")

    await pay(page, GOOD)
    await stands(page, "Trial", re.compile("^Your trial runs until "))
    await expect(fact(page, "Payment method")).to_have_text("Visa ending in 4242, expires 12/2034")
    assert await shop.books() == ONE_OF_EACH


async def test_a_card_that_is_saved_and_then_declined_and_another(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "House")
    await pay(page, DECLINED_LATER)
    await stands(
        page,
        "Card declined",
        re.compile(
            "^Your card was declined. Your plan starts when €49.00 is paid: try another card"
        ),
    )

    await page.get_by_role("button", name="Change payment method").click()
    await pay(page, GOOD)
    await stands(page, "Active", re.compile("^Your plan is active. "))
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_a_bank_that_asks_once_when_the_card_is_saved(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "House")
    await type_card(page, CONFIRMED_ONCE)
    await expect(heading(page, "3D Secure authentication")).to_be_visible()
    await page.get_by_role("button", name="Fail authentication").click()
    await expect(page.get_by_role("alert")).to_contain_text("unable to authenticate")

    await type_card(page, CONFIRMED_ONCE)
    await page.get_by_role("button", name="Complete authentication").click()
    await stands(page, "Active", re.compile("^Your plan is active. "))
    await expect(fact(page, "Payment method")).to_have_text("Visa ending in 3155, expires 12/2034")


@ON_SQLITE
async def test_a_bank_that_asks_at_every_payment(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "House")
    await type_card(page, CONFIRMED_ALWAYS)
    await page.get_by_role("button", name="Complete authentication").click()
    await stands(
        page,
        "Confirm with your bank",
        re.compile("^Your bank wants you to confirm the payment of €49.00."),
    )

    welcome = page.url
    await page.get_by_role("button", name="Confirm payment").click()
    await page.get_by_role("link", name="Confirm payment").click()
    await page.get_by_role("button", name="Complete authentication").click()
    await expect(page.get_by_text("Invoice paid")).to_be_visible()
    await page.goto(welcome)
    await stands(page, "Active", re.compile("^Your plan is active. "))
    assert await shop.books() == ONE_OF_EACH

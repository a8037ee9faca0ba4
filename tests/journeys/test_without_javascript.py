"""The same line in a browser that runs no scripts."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA, GRACE
from tests.journeys.shop import ONE_OF_EACH, Shop
from tests.journeys.steps import (
    alert,
    choose,
    choose_country,
    fact,
    field,
    fill,
    heading,
    pay,
    send,
    sign_up,
    stands,
)
from tests.journeys.watching import Browsers

pytestmark = ON_SQLITE


@pytest.fixture
async def page(browsers: Browsers) -> Page:
    """A tab of Ada's browser, which runs no scripts."""
    return await browsers(java_script_enabled=False)


@pytest.mark.parametrize(
    ("plan", "word", "sentence"),
    [
        ("Studio", "Trial", "^Your trial runs until .* goes on for €12.00.$"),
        ("House", "Active", "^Your plan is active. €49.00 is charged on "),
    ],
)
async def test_the_line_to_the_card_and_back(
    shop: Shop, page: Page, plan: str, word: str, sentence: str
) -> None:
    await sign_up(page, ADA, plan)
    await pay(page)

    await stands(page, word, re.compile(sentence))
    await expect(fact(page, "Payment method")).to_have_text("Visa ending in 4242, expires 12/2034")
    assert await shop.books() == ONE_OF_EACH


async def test_a_free_plan_leads_straight_to_the_welcome(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "Reader")

    await expect(heading(page, "Welcome to Reader")).to_be_visible()
    await stands(page, "Active", "Your plan is active and costs nothing.")
    assert await shop.books() == ONE_OF_EACH


async def test_the_address_fields_follow_the_country_at_the_press_of_a_button(page: Page) -> None:
    await choose(page, "Studio")
    await fill(page, ADA)

    await choose_country(page, "Japan")
    await expect(field(page, "Prefecture")).to_be_visible()
    await expect(field(page, "City, ward and street")).to_have_value(ADA["Street address"])
    await expect(field(page, "Email")).to_have_value(ADA["Email"])
    await expect(alert(page)).to_have_count(0)


async def test_mistakes_come_back_with_what_was_typed(shop: Shop, page: Page) -> None:
    await choose(page, "Studio")
    await fill(page, GRACE | {"Email": "grace@@", "ZIP code": "SW1Y"})
    await send(page, "Studio")

    await expect(page).to_have_title("Error: Create your account – Fernhill Press")
    await expect(alert(page).get_by_role("link")).to_have_count(2)
    await expect(field(page, "Email")).to_have_value("grace@@")
    await expect(field(page, "ZIP code")).to_have_accessible_description(
        "Enter a ZIP code like 95014."
    )
    await fill(page, {"Email": GRACE["Email"], "ZIP code": GRACE["ZIP code"]})
    await send(page, "Studio")
    await expect(heading(page, "Add payment method")).to_be_visible()


async def test_a_code_and_another_interval_are_worked_in_at_the_press_of_a_button(
    page: Page,
) -> None:
    await choose(page, "House")
    await page.get_by_text("Add a coupon or promotion code").click()
    await field(page, "Coupon or promotion code").fill("FRIENDS")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_text("and owe €39.20 today")).to_be_visible()

    await page.get_by_role("radio", name="Yearly").check()
    await page.get_by_role("button", name="Update the order").click()
    await expect(page.get_by_text("and owe €392.00 today")).to_be_visible()

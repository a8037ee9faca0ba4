"""Coupons and promotion codes: their effect is seen before the button is pressed."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA
from tests.journeys.shop import Shop
from tests.journeys.steps import alert, choose, field, fill, heading, pay, send, stands

pytestmark = ON_SQLITE

CODE = "Coupon or promotion code"


@pytest.mark.parametrize("code", ["WELCOME20", "FRIENDS"])
async def test_a_code_in_the_fold(shop: Shop, page: Page, code: str) -> None:
    await choose(page, "House")
    await page.get_by_text("Add a coupon or promotion code").click()
    await field(page, CODE).fill(code)
    await page.get_by_role("button", name="Apply").click()

    await expect(field(page, CODE)).to_have_accessible_description(f"{code}: 20% off for 3 months")
    await expect(page.get_by_text("You order House and owe €39.20 today")).to_be_visible()
    await fill(page, ADA)
    await send(page, "House")
    await pay(page)
    await stands(page, "Active", re.compile("^Your plan is active. "))
    (invoice,) = await shop.stripe.objects("invoice")
    assert invoice["amount_paid"] == 3920


async def test_a_code_in_the_address(page: Page) -> None:
    await page.goto("/signup?plan=house&interval=year&coupon=FRIENDS")

    await expect(field(page, CODE)).to_have_value("FRIENDS")
    await expect(field(page, CODE)).to_have_accessible_description("FRIENDS: 20% off for 3 months")
    await expect(page.get_by_text("You order House and owe €392.00 today")).to_be_visible()


async def test_a_wrong_code_says_so_at_once_and_is_not_forgotten(page: Page) -> None:
    await choose(page, "House")
    await page.get_by_text("Add a coupon or promotion code").click()
    await field(page, CODE).fill("NOSUCHCODE")
    await page.keyboard.press("Tab")
    await expect(field(page, CODE)).to_have_accessible_description(
        "We do not know the code NOSUCHCODE."
    )

    await fill(page, ADA)
    await send(page, "House")
    await expect(alert(page).get_by_role("link")).to_have_text(
        "We do not know the code NOSUCHCODE."
    )
    await field(page, CODE).fill("")
    await send(page, "House")
    await expect(heading(page, "Add payment method")).to_be_visible()

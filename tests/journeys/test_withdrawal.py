"""Somebody thinks better of what they bought: two steps, and their money is on its way back."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.journeys.people import ADA
from tests.journeys.shop import Shop
from tests.journeys.signing_in import sign_in
from tests.journeys.steps import pay, sign_up


async def test_she_withdraws_and_has_her_money_back(shop: Shop, either: Page) -> None:
    page = either
    await sign_up(page, ADA, "House")
    await pay(page)
    await sign_in(page, ADA["Email"])

    await page.get_by_role("link", name="Withdraw from contract here").first.click()
    await page.get_by_role("button", name="Confirm withdrawal").click()

    await expect(page.get_by_text("€49.00 is paid back to you")).to_be_visible()
    (refund,) = await shop.stripe.objects("refund")
    assert (refund["amount"], refund["status"]) == (4900, "succeeded")

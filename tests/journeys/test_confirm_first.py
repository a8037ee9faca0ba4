"""A site that has every address confirmed before anything happens."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.journeys.people import GRACE
from tests.journeys.post import link_for
from tests.journeys.shop import ONE_OF_EACH, Books, Shop
from tests.journeys.steps import choose, fill, heading, pay


async def test_the_mailed_button_completes_the_sign_up(shop: Shop, page: Page) -> None:
    await choose(page, "Studio", at="/?site=america")
    await fill(page, GRACE)
    await page.get_by_role("checkbox", name="I agree to the terms").check()
    await page.get_by_role("button", name="Start 14-day trial").click()
    await expect(heading(page, "Check your inbox")).to_be_visible()
    assert await shop.books() == Books(0, 0, 0)

    await page.goto(await link_for(GRACE["Email"]))
    await page.get_by_role("button", name="Continue").click()
    await pay(page)

    await expect(heading(page, "Welcome to Studio")).to_be_visible()
    assert (await shop.customer_at_stripe())["address"]["state"] == "DC"
    assert await shop.books() == ONE_OF_EACH

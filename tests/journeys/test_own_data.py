"""A customer takes their data with them, asks to be erased, and changes their mind."""

from __future__ import annotations

import json
from zipfile import ZipFile

from playwright.async_api import Page, expect

from tests.journeys.people import ADA
from tests.journeys.shop import Shop
from tests.journeys.signing_in import sign_in
from tests.journeys.steps import heading, sign_up


async def test_she_downloads_everything_asks_to_be_erased_and_stays(
    shop: Shop, either: Page
) -> None:
    page = either
    await sign_up(page, ADA, "Studio")
    await sign_in(page, ADA["Email"])

    await page.get_by_role("link", name="Your data").click()
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download my data").click()
    with ZipFile(await (await downloading.value).path()) as file:
        told = json.loads(file.read("everything.json"))
    assert told["tables"]["customer"][0]["email"] == ADA["Email"]

    await page.get_by_role("link", name="See what will happen").click()
    await expect(heading(page, "Erase your account")).to_be_visible()
    await page.get_by_role("button", name="Erase my account").click()
    await expect(heading(page, "Your data")).to_be_visible()
    await page.get_by_role("link", name="Overview").click()
    banner = page.get_by_role("status").filter(has_text="Your account will be erased on")
    await expect(banner).to_be_visible()

    await banner.get_by_role("button", name="Keep my account").click()
    kept = page.get_by_text("Your account stays, and everything in it is as it was.")
    await expect(kept).to_be_visible()
    await expect(banner).to_have_count(0)

"""A customer takes their data with them, asks to be erased, changes their mind, or does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from playwright.async_api import Page, expect

from portal import clock, upkeep
from portal.database import run_sql
from tests.journeys.people import ADA
from tests.journeys.post import mails
from tests.journeys.shop import Shop
from tests.journeys.signing_in import ask_for_a_link, sign_in
from tests.journeys.steps import heading, pay, sign_up
from tests.journeys.test_time import pass_days
from tests.journeys.truth import until_our_copy, until_told

_MAILS_OWED = "SELECT kind FROM operation WHERE kind = 'send_sign_in' AND state = 'ready'"


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


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker of a portal that starts after this looks at once for what is to be erased."""
    monkeypatch.setattr(upkeep, "_ERASE_EVERY_S", 0.1)


async def test_after_seven_days_she_is_gone_and_a_stranger_at_the_door(
    eager: None, shop: Shop, either: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = either
    await sign_up(page, ADA, "House")
    await pay(page)
    await sign_in(page, ADA["Email"])
    await page.goto("/account/erase")
    await page.get_by_role("button", name="Erase my account").click()
    await expect(page.get_by_role("status")).to_contain_text("Your account will be erased on")
    assert await _at_stripe(shop) == (1, ["active"], 4900)

    later = timedelta(days=7, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + later)
    await pass_days(shop, 7)
    await until_our_copy("customer", status="erased", email=None)
    await until_told(lambda: _at_stripe(shop), (0, ["canceled"], 4900))

    await page.goto("/account")
    await expect(heading(page, "Sign in")).to_be_visible()
    before = len(mails())
    stranger, hers = [await _asks(page, each) for each in ("nobody@ada.example", ADA["Email"])]
    assert hers == stranger
    await until_told(lambda: run_sql(_MAILS_OWED), [])
    assert len(mails()) == before


async def _at_stripe(shop: Shop) -> Any:
    """Count who lives there; tell how the plans stand, and what the invoice came to."""
    living = [one for one in await shop.stripe.objects("customer") if not one.get("deleted")]
    plans = [one["status"] for one in await shop.stripe.objects("subscription")]
    (invoice,) = await shop.stripe.objects("invoice")
    return len(living), plans, invoice["amount_paid"]


async def _asks(page: Page, email: str) -> str:
    """Ask for a sign-in link; return what the page then says."""
    await ask_for_a_link(page, email)
    return await page.get_by_role("main").inner_text()

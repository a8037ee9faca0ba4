"""A customer says where things go and how she is written to, and signs her other browser out."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.journeys.people import ADA
from tests.journeys.shop import Shop
from tests.journeys.signing_in import sign_in
from tests.journeys.steps import COUNTRY, fill, heading, sign_up
from tests.journeys.truth import until_told
from tests.journeys.watching import Browsers

OFFICE = {
    COUNTRY: "United States",
    "Recipient": "Grace Hopper",
    "Street address": "1 Navy Yard",
    "City": "Washington",
    "State": "District of Columbia",
    "ZIP code": "20374",
}
WRITTEN_TO = {"Language of our emails and of Stripe’s pages": "Deutsch", "Time zone": "Asia/Tokyo"}
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
)


async def come_to(page: Page, link: str, title: str = "") -> None:
    """Go on to a page of the account."""
    await page.get_by_role("link", name=link, exact=True).click()
    await expect(heading(page, title or link)).to_be_visible()


async def save(page: Page, typed: dict[str, str]) -> None:
    """Type this, and save it."""
    await fill(page, typed)
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("status")).to_have_text("Your changes are saved.")


async def test_where_things_go_how_she_is_written_to_and_where_she_is_signed_in(
    shop: Shop, browsers: Browsers, scripts: bool
) -> None:
    await shop.change_site("europe", languages="en,de")
    page = await browsers(java_script_enabled=scripts)
    phone = await browsers(java_script_enabled=scripts, user_agent=IPHONE)
    await sign_up(page, ADA, "Reader")
    await expect(heading(page, "Welcome to Reader")).to_be_visible()
    await sign_in(page, ADA["Email"])

    await come_to(page, "Details", "Your details")
    await come_to(page, "Shipping address")
    await save(page, OFFICE)
    await come_to(page, "Email")
    await save(page, {"Billing email": "bills@lovelace.example"})
    await come_to(page, "Language and news")
    await page.get_by_label("Send me news and offers").check()
    await save(page, WRITTEN_TO)
    await expect(page.get_by_text(re.compile(r"^You said yes on .* JST\.$"))).to_be_visible()
    await _stripe_knows_all_of_it(shop)

    await sign_in(phone, ADA["Email"])
    await come_to(page, "Security")
    row = page.get_by_role("listitem").filter(has_text="Safari on iPhone")
    await row.get_by_role("button", name="Sign out").click()
    await expect(row).to_have_count(0)
    await phone.goto("/account")
    await expect(heading(phone, "Sign in")).to_be_visible()
    await come_to(page, "Overview", "Your account")


async def _stripe_knows_all_of_it(shop: Shop) -> None:
    async def told() -> Any:
        her = await shop.customer_at_stripe()
        sent_to = (her["shipping"] or {}).get("address", {}).get("postal_code")
        return her["email"], her["preferred_locales"], sent_to

    await until_told(told, ("bills@lovelace.example", ["de"], "20374"))

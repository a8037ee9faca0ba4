"""A customer looks at what they have: their plan, their invoices, and what happened."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.journeys.people import ADA
from tests.journeys.shop import Shop
from tests.journeys.signing_in import sign_in
from tests.journeys.steps import fact, heading, pay, sign_up
from tests.journeys.watching import Browsers


@pytest.mark.parametrize("scripts", [True, False])
async def test_she_sees_what_she_has_what_she_paid_and_what_happened(
    shop: Shop, browsers: Browsers, scripts: bool
) -> None:
    page = await browsers(java_script_enabled=scripts)
    await sign_up(page, ADA, "House")
    await pay(page)
    await sign_in(page, ADA["Email"])

    plan = page.get_by_role("region", name="House")
    await expect(plan.get_by_text("€49.00 a month", exact=True)).to_be_visible()
    await expect(fact(page, "Next charge")).to_have_text(
        re.compile(r"^€49.00 and what you use, on \d+ \w+ \d{4}$")
    )

    await page.get_by_role("link", name="Invoices").click()
    await expect(heading(page, "Invoices")).to_be_visible()
    row = page.get_by_role("listitem").filter(has_text="Start of your plan")
    await expect(row.get_by_text("Paid", exact=True)).to_be_visible()
    await row.get_by_role("link").first.click()
    await expect(
        page.get_by_role("heading", name=re.compile("^Invoice [A-Z0-9]+-0001$"))
    ).to_be_visible()
    await expect(fact(page, "Total")).to_have_text("€49.00")

    await page.emulate_media(media="print")
    await expect(fact(page, "Total")).to_be_visible()
    for offscreen in ("Download the PDF", "All invoices", "Security"):
        await expect(page.get_by_role("link", name=offscreen)).not_to_be_visible()
    await page.emulate_media(media="screen")
    invoice = page.url
    await page.get_by_role("link", name="Download the PDF").click()
    await expect(page).to_have_url(re.compile(f"^{re.escape(shop.stripe.url)}/.+/pdf"))
    await expect(page.get_by_text("Date of issue")).to_be_visible()

    await page.goto(invoice)
    await page.get_by_role("link", name="History").click()
    await expect(heading(page, "History")).to_be_visible()
    for happened in ("You signed up.", "A payment method was added.", "Your plan became active."):
        await expect(page.get_by_text(happened)).to_be_visible()

"""A person who gets something wrong is told where, keeps what was typed, and goes on."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA, GRACE
from tests.journeys.shop import ONE_OF_EACH, Books, Shop
from tests.journeys.steps import alert, choose, field, fill, heading, send

pytestmark = ON_SQLITE

WRONG = {
    "Email": "grace@@hopper",
    "Tax ID": "12",
    "Phone": "12",
    "Country or region": "United States",
    "ZIP code": "SW1Y 4JH",
    "Coupon or promotion code": "NOSUCHCODE",
}
SENTENCES = {
    "Email": "Enter an email address like name@example.com.",
    "First name": "Enter your first name.",
    "Last name": "Enter your last name.",
    "Organisation": "Enter the name of your organisation.",
    "Tax ID": "Enter a tax ID like 91-1144442, or leave it empty.",
    "Phone": "Enter a phone number with 5 to 20 digits, like +1 201-555-0123.",
    "Street address": "Enter your street address.",
    "City": "Enter your city.",
    "State": "Choose your state.",
    "ZIP code": "Enter a ZIP code like 95014.",
    "Coupon or promotion code": "We do not know the code NOSUCHCODE.",
    "I agree to the terms and have read the privacy notice": "Agree to the terms to go on.",
}
MENDED = GRACE | {
    "Organisation": "Analytical Engines Inc",
    "Tax ID": "12-3456789",
    "Coupon or promotion code": "FRIENDS",
}


@pytest.fixture
async def strict(shop: Shop) -> Shop:
    """The shop of a seller who asks for everything."""
    everything = {"names": "required", "phone": "required", "organisation": "required"}
    terms = "https://fernhill.example/terms"
    await shop.change_site("europe", fields=everything, terms_url=terms)
    return shop


async def test_every_field_wrong_at_once(strict: Shop, page: Page) -> None:
    await choose(page, "House")
    await page.get_by_text("Add a coupon or promotion code").click()
    await fill(page, WRONG)
    await send(page, "House")

    await expect(alert(page)).to_be_focused()
    await expect(page).to_have_title("Error: Create your account – Fernhill Press")
    await expect(alert(page).get_by_role("link")).to_have_text(list(SENTENCES.values()))
    for label, sentence in SENTENCES.items():
        await expect(field(page, label)).to_have_accessible_description(_ending(sentence))
        await expect(field(page, label)).to_have_attribute("aria-invalid", "true")
    for label, typed in WRONG.items():
        if label != "Country or region":
            await expect(field(page, label)).to_have_value(typed)
    assert await strict.books() == Books(0, 0, 0)

    for label, right in (("City", "Washington"), ("State", "DC"), ("Last name", "Hopper")):
        mended = field(page, label)
        await (mended.select_option(right) if label == "State" else mended.fill(right))
        await page.keyboard.press("Tab")
        await expect(mended).to_have_attribute("aria-invalid", "false")
        await expect(mended).not_to_have_accessible_description(_ending(SENTENCES[label]))

    await fill(page, MENDED)
    await page.get_by_role("checkbox", name="I agree to the terms").check()
    await send(page, "House")
    await expect(heading(page, "Add payment method")).to_be_visible()
    assert await strict.books() == ONE_OF_EACH


async def test_a_link_in_the_summary_leads_to_its_field(page: Page) -> None:
    await choose(page, "Studio")
    await fill(page, ADA | {"Postcode": ""})
    await send(page, "Studio")

    await alert(page).get_by_role("link", name="Enter your postcode.").click()

    await expect(field(page, "Postcode")).to_be_focused()


@pytest.mark.parametrize(
    ("label", "wrong", "sentence", "right"),
    [
        ("Email", "ada@@x", "Enter an email address like name@example.com.", ADA["Email"]),
        ("Phone", "12", "Enter a phone number with 5 to 20 digits", ADA["Phone"]),
        ("Postcode", "12", "Enter a postcode like EC1Y 8SY.", ADA["Postcode"]),
        ("Tax ID", "12", "Enter a VAT number like GB980780684", "GB980780684"),
    ],
)
async def test_a_field_is_checked_when_it_is_left(
    page: Page, label: str, wrong: str, sentence: str, right: str
) -> None:
    await choose(page, "Studio")
    await fill(page, {"Country or region": "United Kingdom"})
    checked = field(page, label)

    await checked.focus()
    await page.keyboard.press("Tab")
    await checked.fill(wrong)
    await page.keyboard.press("Tab")
    await expect(checked).to_have_accessible_description(re.compile(re.escape(sentence)))
    await expect(checked).to_have_attribute("aria-invalid", "true")

    await checked.fill(right)
    await page.keyboard.press("Tab")
    await expect(checked).not_to_have_accessible_description(re.compile(re.escape(sentence)))
    await expect(checked).to_have_attribute("aria-invalid", "false")
    await expect(alert(page)).to_have_count(0)


async def test_a_slip_in_a_well_known_domain_is_asked_about_and_blocks_nothing(
    shop: Shop, page: Page
) -> None:
    await choose(page, "Studio")
    await fill(page, ADA | {"Email": "ada@gmial.com"})
    await expect(page.get_by_text("gmail.com")).to_be_visible()
    await send(page, "Studio")

    await expect(heading(page, "Add payment method")).to_be_visible()
    assert (await shop.customer_at_stripe())["email"] == "ada@gmial.com"


def _ending(sentence: str) -> re.Pattern[str]:
    return re.compile(re.escape(sentence) + "$")

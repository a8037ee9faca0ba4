"""A customer changes what is written down of them, and the address they sign in with."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.customers.pictures import picture
from tests.journeys.people import ADA, GRACE
from tests.journeys.shop import Shop
from tests.journeys.signing_in import sign_in
from tests.journeys.steps import alert, field, fill, heading, pay, sign_up
from tests.journeys.truth import until_at_stripe
from tests.journeys.watching import Browsers
from tests.pages.mails import mail_to

NEW = "ada@byron.example"


async def _signed_up(page: Page) -> None:
    await sign_up(page, ADA, "Studio")
    await pay(page)


async def _link(address: str, kind: str) -> str:
    found = re.search(rf"/email/{kind}/[\w-]+", await mail_to(address, about=f"/email/{kind}/"))
    assert found
    return found[0]


@pytest.mark.parametrize("scripts", [True, False])
async def test_she_moves_with_and_without_scripts(
    shop: Shop, browsers: Browsers, scripts: bool
) -> None:
    page = await browsers(java_script_enabled=scripts)
    await _signed_up(page)
    await sign_in(page, ADA["Email"])

    await page.get_by_role("link", name="Details").click()
    await expect(heading(page, "Your details")).to_be_visible()
    moved = {label: text for label, text in GRACE.items() if label != "Email"}
    await fill(page, moved | {"ZIP code": "no"})
    await page.get_by_role("button", name="Save").click()
    await expect(alert(page).get_by_role("link")).to_have_count(1)
    await expect(page).to_have_title(re.compile("^Error: Your details"))
    await expect(field(page, "State")).to_have_value("DC")
    await field(page, "ZIP code").fill(GRACE["ZIP code"])
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_role("status")).to_have_text("Your changes are saved.")
    await until_at_stripe(shop, "postal_code", GRACE["ZIP code"])
    await _has_two_tax_ids(page, scripts=scripts)
    await _chooses_a_picture(page)


async def _has_two_tax_ids(page: Page, *, scripts: bool) -> None:
    await page.get_by_role("link", name="Tax IDs").click()
    await field(page, "Tax ID").fill("12")
    if scripts:
        await field(page, "Tax ID").blur()
        await expect(field(page, "Tax ID")).to_have_accessible_description(re.compile("^Enter a"))
    await page.get_by_role("button", name="Add").click()
    await expect(alert(page).get_by_role("link")).to_have_count(1)
    await expect(field(page, "Tax ID")).to_have_value("12")
    for country, tax_id in (("United States", "91-1144442"), ("Germany", "DE129273398")):
        await page.get_by_label("Country or region").select_option(label=country)
        await field(page, "Tax ID").fill(tax_id)
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_role("status")).to_have_text("Your changes are saved.")
    held = page.get_by_role("region", name="Your tax IDs").get_by_role("listitem")
    await expect(held).to_have_text([re.compile("91-1144442"), re.compile("Being verified")])
    await held.first.get_by_role("link", name="Change").click()
    await field(page, "Tax ID").fill("12-3456789")
    await page.get_by_role("button", name="Save").click()
    await expect(held.first).to_contain_text("12-3456789")
    await held.first.get_by_role("button", name="Remove").click()
    await expect(held).to_have_text([re.compile("DE129273398")])


async def _chooses_a_picture(page: Page) -> None:
    await page.get_by_role("link", name="Picture").click()
    for size in ((300, 200), (300, 300)):
        sent = FilePayload(name="me.png", mimeType="image/png", buffer=picture(size))
        await page.get_by_label("Picture", exact=True).set_input_files(sent)
        await page.get_by_role("button", name="Save picture").click()
        if size == (300, 200):
            await expect(alert(page).get_by_role("link")).to_contain_text("a square picture")
    await expect(page.get_by_role("status")).to_have_text("Your changes are saved.")
    shown = page.get_by_role("img", name="Your picture as it is now")
    assert await shown.evaluate("image => image.naturalWidth") == 256
    await page.get_by_role("button", name="Remove picture").click()
    await expect(shown).to_have_count(0)


async def test_she_takes_another_address_and_has_the_old_one_back(
    shop: Shop, browsers: Browsers, scripts: bool
) -> None:
    page = await browsers(java_script_enabled=scripts)
    scanner = await browsers(java_script_enabled=scripts)
    await _signed_up(page)
    await sign_in(page, ADA["Email"])

    await page.goto("/account/email")
    await field(page, "New email").fill(NEW)
    await page.get_by_role("button", name="Send the link").click()
    await expect(page.get_by_role("status")).to_contain_text(NEW)
    link = await _link(NEW, "confirm")
    await scanner.goto(link)
    await expect(heading(scanner, "Open this link where you are signed in")).to_be_visible()
    await page.goto(link)
    await page.get_by_role("button", name="Use this address").click()
    await expect(page.get_by_text(f"You sign in as {NEW}.")).to_be_visible()

    await scanner.goto(await _link(ADA["Email"], "undo"))
    await scanner.get_by_role("button", name="Take it back").click()
    await expect(heading(scanner, "You have your address back")).to_be_visible()
    await page.goto("/account")
    await expect(heading(page, "Sign in")).to_be_visible()

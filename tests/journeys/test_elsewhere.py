"""What is begun on one device and ended on another, by a link that somebody is mailed."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA
from tests.journeys.shop import ONE_OF_EACH, Shop
from tests.journeys.signing_in import sign_in
from tests.journeys.steps import choose, field, fill, heading, pay, send, sign_up
from tests.journeys.truth import until_our_copy
from tests.journeys.watching import Browsers
from tests.pages.mails import mail_to


async def link_to(kind: str) -> str:
    """Wait for a mail to Ada with a link of this kind, and return its path."""
    found = re.search(rf"{kind}[\w-]+", await mail_to(ADA["Email"], about=kind))
    assert found
    return found[0]


async def test_a_sign_up_that_was_left_is_ended_on_another_device(
    shop: Shop, browsers: Browsers
) -> None:
    page, phone = await browsers(), await browsers(java_script_enabled=False)
    await choose(page, "House")
    await fill(page, ADA)
    await page.get_by_role("button", name="Finish on another device").click()
    await expect(heading(page, "Check your inbox")).to_be_visible()

    await phone.goto(await link_to("/signup/resume/"))
    await expect(phone.get_by_text(ADA["Email"])).to_have_count(0)
    await phone.get_by_role("button", name="Continue on this device").click()
    await expect(field(phone, "Town or city")).to_have_value("London")
    await send(phone, "House")
    await pay(phone)

    await page.goto(await link_to("/signup/resume/"))
    await expect(heading(page, "You have signed up already")).to_be_visible()
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_a_contract_is_cancelled_without_signing_in(shop: Shop, browsers: Browsers) -> None:
    page, elsewhere = await browsers(), await browsers(java_script_enabled=False)
    await sign_up(page, ADA, "House")
    await pay(page)

    await elsewhere.goto("/")
    await elsewhere.get_by_role("link", name="Cancel contracts here").click()
    await field(elsewhere, "Your name").fill("Ada Lovelace")
    await field(elsewhere, "Email of your account").fill(ADA["Email"])
    await elsewhere.get_by_role("button", name="Cancel now").click()
    await expect(elsewhere.get_by_text("We have received your cancellation").first).to_be_visible()
    await elsewhere.goto(await link_to("/contracts/confirm/"))
    await elsewhere.get_by_role("button", name="Cancel now").click()

    await expect(heading(elsewhere, "Your contract is cancelled")).to_be_visible()
    await until_our_copy("subscription", cancel_at_period_end=True)


@ON_SQLITE
async def test_a_password_of_hers_opens_the_account_elsewhere(
    shop: Shop, browsers: Browsers
) -> None:
    await shop.change_site("europe", passwords="on")
    page, phone = await browsers(), await browsers(java_script_enabled=False)
    await sign_up(page, ADA, "Reader")
    await expect(heading(page, "Welcome to Reader")).to_be_visible()
    await sign_in(page, ADA["Email"])
    await page.get_by_role("link", name="Security").click()
    await page.get_by_label("New password").fill("seven red kettles sing")
    await page.get_by_role("button", name="Set password").click()
    await expect(page.get_by_role("button", name="Change password")).to_be_visible()

    await phone.goto("/signin")
    await phone.get_by_role("link", name="Sign in with a password").click()
    await field(phone, "Email").fill(ADA["Email"])
    await phone.get_by_label("Password", exact=True).fill("seven red kettles sing")
    await phone.get_by_role("button", name="Sign in").click()
    await expect(heading(phone, "Your account")).to_be_visible()

"""Every page and state on the way is for everyone, by axe's rules and on a small phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA, GRACE
from tests.journeys.post import code_for, link_for
from tests.journeys.shop import ONE_OF_EACH, Shop
from tests.journeys.signing_in import ask_for_a_link
from tests.journeys.steps import (
    CONFIRMED_ALWAYS,
    DECLINED,
    DECLINED_LATER,
    alert,
    choose,
    choose_country,
    fill,
    go_back_without_card,
    heading,
    pay,
    send,
    sign_up,
    type_card,
)
from tests.journeys.steps import field as field_of
from tests.journeys.watching import Browsers

pytestmark = ON_SQLITE

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll('body *')]
        .filter((it) => it.getBoundingClientRect().right > innerWidth + 1)
        .map((it) => it.outerHTML.slice(0, 120))"""
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 700}


@dataclass
class Inspection:
    """What was seen, and what was found wrong."""

    found: list[str] = field(default_factory=list)

    async def look(self, page: Page, state: str) -> None:
        """Look at a page in light and dark, wide and narrow."""
        for scheme, options in (("light", RULES), ("dark", COLOURS)):
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            seen = await Axe().run(page, options=options)
            self.found += [
                f"{state}, {scheme}: {one['id']}: {one['nodes'][0]['html'][:200]}"
                for one in seen.response["violations"]
            ]
        await page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
        wide = await page.evaluate(TOO_WIDE)
        self.found += [f"{state} at 320 px: {one}" for one in wide]
        await page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})


@pytest.fixture
async def inspection() -> AsyncIterator[Inspection]:
    """An inspection that must have found nothing in the end."""
    made = Inspection()
    yield made
    assert made.found == []


@pytest.fixture
async def page(browsers: Browsers) -> Page:
    """A tab of a browser that moves nothing."""
    return await browsers(reduced_motion="reduce")


async def test_the_way_in(shop: Shop, page: Page, inspection: Inspection) -> None:
    await page.goto("/")
    await inspection.look(page, "pricing")
    await choose(page, "House")
    await inspection.look(page, "form")
    await fill(page, {"Email": "ada@@", "Postcode": "1"})
    await page.get_by_text("Add a coupon or promotion code").click()
    await field_of(page, "Coupon or promotion code").fill("NOSUCHCODE")
    await send(page, "House")
    await expect(alert(page)).to_be_focused()
    await inspection.look(page, "form with mistakes")
    await choose_country(page, "Hong Kong SAR China")
    await expect(field_of(page, "District")).to_be_visible()
    await inspection.look(page, "form of Hong Kong")

    await choose(page, "House")
    await fill(page, ADA)
    await shop.stripe.fault(match="* /v1/*", fault="reset")
    await send(page, "House")
    await expect(heading(page, "Setting up your account")).to_be_visible()
    await inspection.look(page, "waiting")
    await expect(page.get_by_text("Payment set-up is taking longer")).to_be_visible()
    await inspection.look(page, "waiting longer")
    await shop.stripe.mend()
    await expect(heading(page, "Add payment method")).to_be_visible(timeout=60_000)
    await inspection.look(page, "card")
    await type_card(page, DECLINED)
    await expect(alert(page)).to_be_visible()
    await inspection.look(page, "card declined")


async def test_the_welcome_in_every_state(page: Page, inspection: Inspection) -> None:
    await sign_up(page, ADA, "House")
    await go_back_without_card(page)
    await inspection.look(page, "payment due")
    await page.get_by_role("button", name="Add payment method").click()
    await pay(page, DECLINED_LATER)
    await expect(page.get_by_text("Card declined", exact=True)).to_be_visible()
    await inspection.look(page, "declined")
    await page.get_by_role("button", name="Change payment method").click()
    await type_card(page, CONFIRMED_ALWAYS)
    await expect(heading(page, "3D Secure authentication")).to_be_visible()
    await inspection.look(page, "bank")
    await page.get_by_role("button", name="Complete authentication").click()
    await expect(page.get_by_text("Confirm with your bank", exact=True)).to_be_visible()
    await inspection.look(page, "to confirm")
    welcome = page.url
    await page.get_by_role("button", name="Confirm payment").click()
    await expect(page.get_by_role("link", name="Confirm payment")).to_be_visible()
    await inspection.look(page, "invoice")
    await page.goto(welcome)
    await page.get_by_role("button", name="Change payment method").click()
    await pay(page)
    await expect(page.get_by_text("Active", exact=True)).to_be_visible()
    await inspection.look(page, "active")


async def test_signing_in_and_what_is_behind_it(
    shop: Shop, browsers: Browsers, page: Page, inspection: Inspection
) -> None:
    browsers.expect("status of 404", "status of 410")
    await sign_up(page, ADA, "Studio")
    await go_back_without_card(page)
    await inspection.look(page, "trial without a card")

    await page.goto("/signin")
    await inspection.look(page, "sign in")
    await field_of(page, "Email").fill("ada@@")
    await page.get_by_role("button", name="Send me a sign-in link").click()
    await expect(alert(page)).to_be_visible()
    await inspection.look(page, "sign in with a mistake")
    await ask_for_a_link(page, ADA["Email"])
    await inspection.look(page, "inbox")
    await field_of(page, "8-digit code").fill("0")
    await page.get_by_role("button", name="Continue").click()
    await expect(alert(page)).to_be_visible()
    await inspection.look(page, "inbox with a wrong code")

    phone = await browsers(reduced_motion="reduce")
    link = await link_for(ADA["Email"])
    await phone.goto(link)
    await inspection.look(phone, "link elsewhere")
    await phone.get_by_role("button", name="Show a code for the other device").click()
    await expect(phone.get_by_text(await code_for(ADA["Email"]))).to_be_visible()
    await inspection.look(phone, "code")
    await page.goto(link)
    await inspection.look(page, "link")
    await page.get_by_role("button", name="Continue").click()
    await expect(heading(page, "Your account")).to_be_visible()
    await inspection.look(page, "account")
    await page.goto("/account/check")
    await expect(heading(page, "Are these your details?")).to_be_visible()
    await inspection.look(page, "details to check")
    await page.get_by_role("button", name="Keep these details").click()
    await expect(heading(page, "Your account")).to_be_visible()
    await phone.goto(link)
    await inspection.look(phone, "spent link")

    await page.get_by_role("button", name="Manage billing").click()
    await expect(heading(page, "Billing")).to_be_visible()
    await inspection.look(page, "billing portal")
    await page.goto(f"{shop.url}/mailbox")
    await inspection.look(page, "mailbox")
    sent = page.get_by_role("listitem").filter(has_text=ADA["Email"])
    await sent.get_by_role("link", name="Sign in to Fernhill Press").click()
    await expect(heading(page, "Sign in to Fernhill Press")).to_be_visible()
    await inspection.look(page, "mail")
    await page.goto(f"{shop.url}/nowhere")
    await inspection.look(page, "not found")


async def test_a_seller_s_mistake(shop: Shop, page: Page, inspection: Inspection) -> None:
    gone = {"code": "resource_missing", "param": "items[0][price]"}
    await shop.stripe.fault(match="POST /v1/subscriptions", fault="status", status=400, **gone)
    await sign_up(page, ADA, "House")
    await expect(heading(page, "We have your details")).to_be_visible()
    await inspection.look(page, "stuck")


async def tab_to(page: Page, there: Locator) -> None:
    """Press Tab until that has the focus."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await there.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError(f"No Tab leads to {there}.")


async def test_the_whole_line_by_keyboard_alone(shop: Shop, page: Page) -> None:
    await page.goto("/")
    await tab_to(page, page.get_by_role("button", name="Studio, monthly"))
    await page.keyboard.press("Enter")
    await expect(heading(page, "Create your account")).to_be_visible()
    for label, text in GRACE.items():
        await tab_to(page, field_of(page, label))
        await page.keyboard.type(text)
        if label == "Country or region":
            await expect(field_of(page, "ZIP code")).to_be_visible()
    await page.keyboard.press("Enter")

    await expect(heading(page, "Add payment method")).to_be_visible()
    card = {"Card number": "4242424242424242", "Expiration date": "1234", "CVC": "123"}
    for label, text in card.items():
        await tab_to(page, field_of(page, label))
        await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    await expect(heading(page, "Welcome to Studio")).to_be_visible()
    assert (await shop.customer_at_stripe())["address"]["state"] == "DC"
    assert await shop.books() == ONE_OF_EACH

"""An e-mail that is known leads to its owner's inbox, and nobody else to her billing."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, Response, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA, MALLORY
from tests.journeys.post import code_for, link_for
from tests.journeys.shop import ONE_OF_EACH, Shop
from tests.journeys.signing_in import ask_for_a_link, sign_in
from tests.journeys.steps import fact, field, heading, pay, sign_up
from tests.journeys.truth import until_at_stripe
from tests.journeys.watching import Browsers


@pytest.fixture
async def ada_signed_up(page: Page) -> None:
    """Ada has signed up in another browser, some time ago."""
    await sign_up(page, ADA, "Studio")
    await pay(page)


async def test_mallory_with_her_address_is_shown_nothing(
    shop: Shop, browsers: Browsers, ada_signed_up: None
) -> None:
    mallory = await browsers()
    answers: list[Response] = []
    mallory.on("response", lambda answer: answers.append(answer))

    await sign_up(mallory, MALLORY | {"Email": ADA["Email"].upper()}, "House")

    await expect(heading(mallory, "Check your inbox")).to_be_visible()
    assert ADA["Email"].lower() not in (await mallory.content()).lower()
    for answer in answers:
        said = str(await answer.all_headers()) + answer.url
        assert "/p/session/" not in said
        assert shop.stripe.url not in said.replace(_policy(said), "")
    customer = await shop.customer_at_stripe()
    assert (customer["name"], customer["address"]["city"]) == ("Ada Lovelace", "London")
    assert await shop.books() == ONE_OF_EACH


async def test_the_link_is_looked_at_often_and_used_once(
    shop: Shop, browsers: Browsers, ada_signed_up: None
) -> None:
    page, scanner = await browsers(), await browsers()
    browsers.expect("status of 410")
    await ask_for_a_link(page, ADA["Email"])
    link = await link_for(ADA["Email"])

    for _ in range(10):
        await scanner.goto(link)
        await page.goto(link)
    await expect(scanner.get_by_text("in another browser or on another device")).to_be_visible()
    assert re.sub(r"\D", " ", await code_for(ADA["Email"])) not in await scanner.content()
    await expect(heading(page, "Sign in to Fernhill Press")).to_be_visible()

    await page.get_by_role("button", name="Continue").click()
    await expect(heading(page, "Are these your details?")).to_be_visible()
    await page.goto(link)
    await expect(heading(page, "This link no longer works")).to_be_visible()
    await page.get_by_role("link", name="Ask for a new link").click()
    await expect(heading(page, "Sign in")).to_be_visible()


@ON_SQLITE
async def test_pressing_the_button_twice_signs_in_once(
    browsers: Browsers, ada_signed_up: None
) -> None:
    page = await browsers()
    browsers.expect("status of 410")
    await ask_for_a_link(page, ADA["Email"])
    link = await link_for(ADA["Email"])
    await page.goto(link)
    other = await page.context.new_page()
    await other.goto(link)
    await page.get_by_role("button", name="Continue").click()
    await expect(heading(page, "Are these your details?")).to_be_visible()

    await other.get_by_role("button", name="Continue").click()

    await expect(heading(other, "This link no longer works")).to_be_visible()


@ON_SQLITE
async def test_the_code_is_typed_where_it_was_asked_for(
    shop: Shop, browsers: Browsers, ada_signed_up: None
) -> None:
    page, phone = await browsers(), await browsers()
    await ask_for_a_link(page, ADA["Email"])
    code = await code_for(ADA["Email"])
    await phone.goto(await link_for(ADA["Email"]))
    await phone.get_by_role("button", name="Show a code for the other device").click()
    await expect(phone.get_by_text(re.sub(r"\D", " ", code), exact=True)).to_be_visible()

    await field(page, "8-digit code").fill("0000 0000")
    await page.get_by_role("button", name="Continue").click()
    await expect(page).to_have_title("Error: Check your inbox – Fernhill Press")
    await field(page, "8-digit code").fill(code)
    await page.get_by_role("button", name="Continue").click()

    await page.get_by_role("button", name="Keep these details").click()
    await expect(heading(page, "Your account")).to_be_visible()


async def test_the_account_says_how_the_plan_stands_and_leads_to_the_billing(
    shop: Shop, browsers: Browsers, ada_signed_up: None
) -> None:
    page = await browsers()
    await sign_in(page, ADA["Email"])

    plan = page.get_by_role("region", name="Studio")
    await expect(plan.get_by_text("Trial", exact=True)).to_be_visible()
    await expect(
        page.get_by_text(re.compile(r"^Your trial runs until .* for €12.00\.$"))
    ).to_be_visible()
    await expect(fact(page, "Next charge")).to_have_text(re.compile(r"^€12.00 on \d+ \w+ \d{4}$"))
    await expect(fact(page, "Payment method")).to_have_text("Visa ending in 4242, expires 12/2034")
    await expect(fact(page, "Name")).to_have_text("Ada Lovelace")
    await page.get_by_role("button", name="Manage billing").click()

    await expect(page).to_have_url(re.compile("/p/session/"))
    await expect(page.get_by_text(ADA["Email"], exact=True)).to_be_visible()
    await page.get_by_role("link", name=re.compile("^Return to")).click()
    await expect(heading(page, "Your account")).to_be_visible()


async def test_what_a_stranger_entered_in_her_name_is_cleared(
    shop: Shop, browsers: Browsers
) -> None:
    mallory, ada = await browsers(), await browsers()
    await sign_up(mallory, MALLORY | {"Email": ADA["Email"]}, "Studio")
    await expect(heading(mallory, "Add payment method")).to_be_visible()

    await ask_for_a_link(ada, ADA["Email"])
    await ada.goto(await link_for(ADA["Email"]))
    await ada.get_by_role("button", name="Continue").click()
    await expect(ada.get_by_text("Mallory Trudy")).to_be_visible()
    await ada.get_by_role("button", name="Clear them").click()

    await expect(heading(ada, "Your account")).to_be_visible()
    await expect(ada.get_by_text("Mallory")).to_have_count(0)
    await until_at_stripe(shop, "line1", None)
    await mallory.goto("/welcome")
    await expect(heading(mallory, "Sign in")).to_be_visible()


@ON_SQLITE
async def test_back_after_signing_out_shows_nothing(
    browsers: Browsers, ada_signed_up: None
) -> None:
    page = await browsers()
    await sign_in(page, ADA["Email"])
    await page.get_by_role("button", name="Sign out").click()
    await expect(heading(page, "Choose your plan")).to_be_visible()

    await page.go_back()

    await expect(heading(page, "Sign in")).to_be_visible()
    await expect(page.get_by_text("Ada Lovelace")).to_have_count(0)


def _policy(said: str) -> str:
    """Return the policy that lists where forms may lead, which is the same for everybody."""
    found = re.search(r"form-action[^;]*", said)
    return found[0] if found else ""

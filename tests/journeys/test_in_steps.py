"""The same line where the site asks in three steps."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA, GRACE, Person
from tests.journeys.shop import ONE_OF_EACH, Books, Shop
from tests.journeys.steps import (
    BUTTONS,
    COUNTRY,
    alert,
    choose_country,
    fact,
    field,
    fill,
    heading,
    pay,
    send,
    stands,
    stands_ready,
)
from tests.journeys.test_everyone import Inspection, inspection
from tests.journeys.watching import Browsers

__all__ = ["inspection"]
pytestmark = ON_SQLITE

STEPS = {1: "About you", 2: "Billing address", 3: "Check your answers"}
REACH = ("Email", "First name", "Last name", "Phone")


@pytest.fixture(autouse=True)
async def stepwise(shop: Shop) -> Shop:
    """The shop of a seller whose form asks in steps."""
    await shop.change_site("europe", layout="steps", terms_url="https://fernhill.example/terms")
    return shop


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
async def either(request: pytest.FixtureRequest, browsers: Browsers) -> Page:
    """A tab of Ada's browser, which runs scripts or does not."""
    return await browsers(java_script_enabled=request.param)


def reach(person: Person) -> Person:
    """Return what the first step asks."""
    return {label: text for label, text in person.items() if label in REACH}


def place(person: Person) -> Person:
    """Return what the second step asks."""
    return {label: text for label, text in person.items() if label not in REACH}


async def at_step(page: Page, number: int) -> None:
    """Expect a step, by its heading, its number and the window's title."""
    await expect(heading(page, STEPS[number])).to_be_visible()
    await expect(page.get_by_text(f"Step {number} of 3", exact=True)).to_be_visible()
    title = f"Step {number} of 3: {STEPS[number]} – Fernhill Press"
    await expect(page).to_have_title(title)
    await stands_ready(page)


async def go_on(page: Page) -> None:
    """Press a step's button."""
    await page.get_by_role("button", name="Continue", exact=True).click()


async def begin(page: Page, plan: str = "Studio") -> None:
    """Pick a plan."""
    await page.goto("/")
    await page.get_by_role("button", name=f"{plan}, monthly").click()
    await at_step(page, 1)


async def walk(page: Page, person: Person, plan: str = "Studio") -> None:
    """Go through the steps, and stand before the button."""
    await begin(page, plan)
    await fill(page, reach(person))
    await go_on(page)
    await at_step(page, 2)
    await fill(page, place(person))
    await go_on(page)
    await at_step(page, 3)


async def order(page: Page, plan: str = "Studio") -> None:
    """Agree to the terms, and press the button."""
    await page.get_by_role("checkbox", name="I agree to the terms").check()
    await send(page, plan)


@pytest.mark.parametrize("plan", ["Studio", "House"])
async def test_three_steps_to_the_card_and_back(shop: Shop, either: Page, plan: str) -> None:
    await walk(either, ADA, plan)
    for label in ("Email", "Phone"):
        await expect(fact(either, label)).to_have_text([ADA[label], f"Change {label}"])
    await expect(either.get_by_text("Due today", exact=True)).to_be_visible()
    await order(either, plan)
    await pay(either)

    await expect(heading(either, f"Welcome to {plan}")).to_be_visible()
    assert await shop.books() == ONE_OF_EACH
    assert (await shop.customer_at_stripe())["address"]["line1"] == ADA["Street address"]


async def test_a_free_plan_leads_straight_to_the_welcome(shop: Shop, page: Page) -> None:
    await walk(page, ADA, "Reader")
    await order(page, "Reader")

    await stands(page, "Active", "Your plan is active and costs nothing.")
    assert await shop.books() == ONE_OF_EACH


async def test_a_mistake_on_each_step_is_told_there_and_mended(shop: Shop, either: Page) -> None:
    await begin(either)
    await fill(either, reach(GRACE) | {"Email": "grace@@"})
    await go_on(either)
    await expect(alert(either)).to_be_focused()
    await expect(alert(either).get_by_role("link")).to_have_count(1)
    await expect(either).to_have_title("Error: Step 1 of 3: About you – Fernhill Press")
    await expect(field(either, "First name")).to_have_value("Grace")
    await fill(either, {"Email": GRACE["Email"]})
    await go_on(either)

    await at_step(either, 2)
    await fill(either, place(GRACE) | {"ZIP code": "SW1Y"})
    await go_on(either)
    await expect(alert(either).get_by_role("link")).to_have_text(["Enter a ZIP code like 95014."])
    await expect(field(either, "ZIP code")).to_have_value("SW1Y")
    await alert(either).get_by_role("link").click()
    await expect(field(either, "ZIP code")).to_be_focused()
    await fill(either, {"ZIP code": GRACE["ZIP code"]})
    await go_on(either)

    await at_step(either, 3)
    await send(either, "Studio")
    await expect(alert(either).get_by_role("link")).to_have_text(["Agree to the terms to go on."])
    assert await shop.books() == Books(0, 0, 0)
    await order(either)
    await expect(heading(either, "Add payment method")).to_be_visible()
    assert await shop.books() == ONE_OF_EACH


async def test_a_change_link_leads_to_the_field_and_back_to_the_check(either: Page) -> None:
    await walk(either, ADA)

    await either.get_by_role("link", name="Change Phone").click()
    await at_step(either, 1)
    await expect(field(either, "Phone")).to_be_focused()
    await fill(either, {"Phone": "+44 20 7946 0999"})
    await go_on(either)
    await at_step(either, 3)
    await expect(either.get_by_text("+44 20 7946 0999")).to_be_visible()

    await either.get_by_role("link", name="Change Billing address").click()
    await expect(field(either, "Street address")).to_be_focused()
    await either.get_by_role("link", name="Back", exact=True).click()
    await at_step(either, 3)


async def test_back_refresh_and_a_bookmark_lose_nothing(
    shop: Shop, browsers: Browsers, either: Page
) -> None:
    await walk(either, ADA)
    await either.reload()
    await at_step(either, 3)
    bookmark = either.url

    await either.go_back()
    await expect(field(either, "Postcode")).to_have_value(ADA["Postcode"])
    await either.reload()
    await expect(field(either, "Postcode")).to_have_value(ADA["Postcode"])
    await either.get_by_role("link", name="Back", exact=True).click()
    await at_step(either, 1)
    await expect(field(either, "Email")).to_have_value(ADA["Email"])
    await either.goto(bookmark)
    await order(either)
    await expect(heading(either, "Add payment method")).to_be_visible()

    mallory = await browsers()
    await mallory.goto(bookmark)
    await at_step(mallory, 1)
    await expect(field(mallory, "Email")).to_have_value("")
    assert await shop.books() == ONE_OF_EACH


async def test_the_address_fields_follow_the_country(either: Page) -> None:
    await begin(either)
    await fill(either, reach(ADA))
    await go_on(either)
    await fill(either, place(ADA))

    await choose_country(either, "Japan")

    await expect(field(either, "Prefecture")).to_be_visible()
    await expect(field(either, "City, ward and street")).to_have_value(ADA["Street address"])
    await expect(field(either, COUNTRY)).to_have_value("JP")
    await expect(alert(either)).to_have_count(0)


async def test_a_code_counts_on_every_step(shop: Shop, either: Page) -> None:
    await begin(either, "House")
    await either.get_by_text("Add a coupon or promotion code").click()
    await field(either, "Coupon or promotion code").fill("FRIENDS")
    await either.get_by_role("button", name="Apply").click()
    await expect(either.get_by_text("€39.20").first).to_be_attached()
    await fill(either, reach(ADA))
    await go_on(either)
    await fill(either, place(ADA))
    await go_on(either)

    await at_step(either, 3)
    await expect(either.get_by_text("and owe €39.20 today")).to_be_visible()
    await order(either, "House")
    await expect(heading(either, "Add payment method")).to_be_visible()
    (subscription,) = await shop.stripe.objects("subscription")
    assert len(subscription["discounts"]) == 1


async def test_a_triple_click(shop: Shop, either: Page) -> None:
    await walk(either, ADA)
    await either.get_by_role("checkbox", name="I agree to the terms").check()

    await either.get_by_role("button", name=BUTTONS["Studio"]).click(click_count=3)

    await expect(heading(either, "Add payment method")).to_be_visible()
    assert await shop.books() == ONE_OF_EACH


async def test_back_from_the_card_and_another_address(shop: Shop, page: Page) -> None:
    await walk(page, ADA)
    await order(page)
    await expect(heading(page, "Add payment method")).to_be_visible()

    await page.go_back()
    await at_step(page, 3)
    await page.get_by_role("link", name="Change Billing address").click()
    await fill(page, {"Street address": "1 St James’s Square"})
    await go_on(page)
    await at_step(page, 3)
    await order(page)

    await stands_at_the_card(page)
    assert await shop.books() == ONE_OF_EACH


async def stands_at_the_card(page: Page) -> None:
    """Expect Stripe's page."""
    await expect(heading(page, "Add payment method")).to_be_visible()
    await expect(page).to_have_url(re.compile("/p/session/"))


async def test_every_step_is_for_everyone(browsers: Browsers, inspection: Inspection) -> None:
    page = await browsers(reduced_motion="reduce")
    await begin(page)
    await inspection.look(page, "contact")
    await go_on(page)
    await expect(alert(page)).to_be_focused()
    await inspection.look(page, "contact with mistakes")
    await fill(page, reach(ADA))
    await go_on(page)
    await at_step(page, 2)
    await inspection.look(page, "address")
    await go_on(page)
    await expect(alert(page)).to_be_focused()
    await inspection.look(page, "address with mistakes")
    await fill(page, place(ADA))
    await go_on(page)
    await at_step(page, 3)
    await inspection.look(page, "check")
    await send(page, "Studio")
    await expect(alert(page)).to_be_focused()
    await inspection.look(page, "check with mistakes")

"""Ada changes her plan and ends it, while time passes at Stripe."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA
from tests.journeys.shop import Shop
from tests.journeys.signing_in import sign_in
from tests.journeys.steps import heading, pay, sign_up
from tests.journeys.test_time import pass_days
from tests.journeys.truth import until_our_copy
from tests.journeys.watching import Browsers


async def come_to_account(page: Page, plan: str) -> None:
    """Buy a plan, pay for it, and sign in."""
    await sign_up(page, ADA, plan)
    await pay(page)
    await sign_in(page, ADA["Email"])


async def see_what_happens(page: Page, plan: str, price: str) -> None:
    """Ask what a change to this plan would mean."""
    await page.goto("/account")
    await page.get_by_role("link", name="Change plan").click()
    await page.get_by_role("link", name=f"See what changes with {plan}, {price}").click()
    await expect(heading(page, "What will happen")).to_be_visible()


async def charged(shop: Shop) -> list[int]:
    paid = await shop.stripe.objects("payment_intent")
    return sorted(one["amount"] for one in paid if one["status"] == "succeeded")


async def test_a_plan_is_cancelled_kept_after_all_and_ends(shop: Shop, either: Page) -> None:
    page = either
    await come_to_account(page, "House")

    await page.get_by_role("link", name="Cancel plan").click()
    await page.get_by_role("button", name="Cancel now").click()
    await expect(page.get_by_text("Your plan is cancelled. You can use it until ")).to_be_visible()
    await page.get_by_role("button", name="Keep my plan").click()
    await expect(page.get_by_role("status")).to_have_text(re.compile("Your plan goes on."))
    await page.get_by_role("button", name="Cancel now").click()
    await expect(page.get_by_role("button", name="Keep my plan")).to_be_visible()

    await pass_days(shop, 32)
    await until_our_copy("subscription", status="canceled")
    await page.goto("/account/cancel")
    await expect(page.get_by_text(re.compile("^Your plan ended on "))).to_be_visible()
    assert await charged(shop) == [4900]


async def test_a_cheaper_plan_lands_when_the_period_ends(shop: Shop, either: Page) -> None:
    page = either
    await come_to_account(page, "House")

    await see_what_happens(page, "Studio", "€12.00 a month")
    await expect(page.get_by_text("Nothing is charged today.")).to_be_visible()
    await page.get_by_role("button", name="Order with obligation to pay").click()
    await expect(page.get_by_role("button", name="Take the change back")).to_be_visible()

    await pass_days(shop, 32)
    await until_our_copy("subscription", amount=1200)
    await page.goto("/account/plan")
    await expect(heading(page, "Change your plan")).to_be_visible()
    await expect(page.get_by_role("heading", name="Your plan: Studio")).to_be_visible()
    assert await charged(shop) == [1200, 4900]


async def test_the_same_plan_by_the_year_begins_when_the_month_is_over(
    shop: Shop, either: Page
) -> None:
    page = either
    await come_to_account(page, "House")

    await see_what_happens(page, "House", "€490.00 a year")
    await expect(page.get_by_text("Nothing is charged today.")).to_be_visible()
    coming = page.get_by_text(re.compile(r"^The next charge is €490.00 on .*, and then every year"))
    await expect(coming).to_be_visible()
    assert await charged(shop) == [4900]
    await page.get_by_role("button", name="Order with obligation to pay").click()
    await expect(page.get_by_role("button", name="Take the change back")).to_be_visible()

    await pass_days(shop, 32)
    await until_our_copy("subscription", interval="year", status="active")
    await page.goto("/account")
    await expect(page.get_by_text("€490.00 a year", exact=True)).to_be_visible()
    assert await charged(shop) == [4900, 49000]


@ON_SQLITE
async def test_a_dearer_plan_is_charged_as_the_panel_said(shop: Shop, page: Page) -> None:
    await come_to_account(page, "Studio")
    await pass_days(shop, 24)
    await until_our_copy("subscription", status="active")

    await see_what_happens(page, "House", "€49.00 a month")
    said = await page.get_by_text(" is charged today.").inner_text()
    assert await charged(shop) == [1200]
    await page.get_by_role("button", name="Order with obligation to pay").click()
    await expect(page.get_by_role("status")).to_have_text(re.compile("^Your plan is House, "))

    shown = round(float(said.removeprefix("€").split(" ")[0]) * 100)
    assert await charged(shop) == sorted([1200, shown])


async def test_a_plan_is_paused_and_goes_on(shop: Shop, either: Page) -> None:
    page = either
    await come_to_account(page, "Studio")
    await pass_days(shop, 15)
    await until_our_copy("subscription", status="active")

    await page.goto("/account/cancel")
    await page.get_by_role("link", name="Take a break").click()
    await page.get_by_role("button", name="Pause my plan").click()
    await expect(page.get_by_text("Nothing is charged until you resume it.").first).to_be_visible()
    await pass_days(shop, 35)
    assert await charged(shop) == [1200]

    await page.get_by_role("button", name="Resume my plan").click()
    await expect(page.get_by_role("status")).to_have_text(re.compile("Your plan goes on"))


@ON_SQLITE
async def test_seats_and_an_add_on_are_taken_as_the_panel_said(
    shop: Shop, browsers: Browsers
) -> None:
    page = await browsers(java_script_enabled=False)
    await come_to_account(page, "House")
    await page.get_by_role("link", name="Change plan").click()

    await page.get_by_label("Bundles of ten seats").fill("3")
    await page.get_by_label("Print edition").fill("2")
    await page.get_by_role("button", name="See what changes").click()
    await expect(page.get_by_text("Print edition (2 copies), until ")).to_be_visible()
    said = await page.get_by_text(" is charged today.").inner_text()
    await page.get_by_role("button", name="Order with obligation to pay").click()
    await expect(page.get_by_text("Your plan is House, 3 bundles of ten seats, ")).to_be_visible()

    await page.goto("/account")
    await expect(page.get_by_text("€165.00 a month")).to_be_visible()
    await expect(page.get_by_text("Print edition (2 copies)")).to_be_visible()
    shown = round(float(said.removeprefix("€").split(" ")[0]) * 100)
    assert await charged(shop) == sorted([4900, shown])

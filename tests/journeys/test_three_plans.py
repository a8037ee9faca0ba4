"""The straight line, for each of the three plans."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.async_api import Page, expect

from portal import clock
from portal.database import run_sql
from tests.databases import ON_SQLITE
from tests.journeys.people import ADA
from tests.journeys.shop import ONE_OF_EACH, Shop
from tests.journeys.steps import GOOD, fact, fill, heading, pay, send, sign_up, stands
from tests.journeys.truth import until_our_copy


def in_days(days: int) -> str:
    """Write the day so many days from now."""
    day = clock.now() + timedelta(days=days)
    return f"{day.day} {day:%B %Y}"


async def test_a_trial_with_a_card_goes_on_by_itself(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "Studio")
    await pay(page)

    await expect(heading(page, "Welcome to Studio")).to_be_visible()
    await stands(
        page,
        "Trial",
        f"Your trial runs until {in_days(14)}. Then your plan goes on for €12.00.",
    )
    await expect(fact(page, "Plan")).to_have_text("Studio")
    await expect(fact(page, "Trial ends")).to_have_text(in_days(14))
    await expect(fact(page, "Payment method")).to_have_text("Visa ending in 4242, expires 12/2034")
    assert await shop.books() == ONE_OF_EACH


async def test_a_paid_plan_is_paid_and_becomes_active(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "House")
    await pay(page)

    await stands(page, "Active", re.compile("^Your plan is active. €49.00 is charged on "))
    await expect(fact(page, "Plan")).to_have_text("House")
    (invoice,) = await shop.stripe.objects("invoice")
    assert (invoice["status"], invoice["amount_paid"]) == ("paid", 4900)
    assert await shop.books() == ONE_OF_EACH


async def test_a_free_plan_leads_straight_to_the_welcome(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "Reader")

    await expect(heading(page, "Welcome to Reader")).to_be_visible()
    await stands(page, "Active", "Your plan is active and costs nothing.")
    await expect(fact(page, "Payment method")).to_have_text("None yet")
    assert ("POST", "/v1/billing_portal/sessions") not in await shop.stripe.calls()
    assert await shop.books() == ONE_OF_EACH


async def test_signed_webhooks_bring_the_truth_though_nobody_looks(shop: Shop, page: Page) -> None:
    await sign_up(page, ADA, "House")
    await expect(heading(page, "Add payment method")).to_be_visible()

    # Stripe takes her card, and the answer that would lead her back never reaches her.
    card: dict[str, str | float | bool] = {
        "number": GOOD,
        "expiry": "12 / 34",
        "cvc": "123",
        "purpose": "flow",
    }
    taken = await page.request.post(f"{page.url}/card", form=card, max_redirects=0)

    assert taken.status == 303
    await until_our_copy("billing_profile", card_brand="visa", card_last4="4242")
    await until_our_copy("subscription", status="active")
    assert len(await run_sql("SELECT id FROM inbox_event WHERE state = 'done'")) > 0


@ON_SQLITE
async def test_a_yearly_plan_in_dollars_is_sold_as_it_was_shown(shop: Shop, page: Page) -> None:
    await page.goto("/")
    await page.get_by_role("link", name="USD").click()
    await page.get_by_text("Yearly", exact=True).click()
    await expect(page.get_by_text("$540.00 billed yearly")).to_be_visible()
    await page.get_by_role("button", name="House, yearly").click()
    await expect(page.get_by_text("and owe $540.00 today")).to_be_visible()
    await fill(page, ADA)
    await send(page, "House")
    await pay(page)

    await stands(page, "Active", re.compile("^Your plan is active. \\$540.00 is charged on "))

"""A plan that was agreed on with one customer is seen and taken by her, and by nobody else."""

from __future__ import annotations

from playwright.async_api import Page, expect

from portal.customers.own_plans import grant_plan
from portal.database import run_sql
from portal.plans.apply import apply_declaration
from portal.plans.declaration import read_declaration
from tests.journeys.people import ADA, MALLORY
from tests.journeys.shop import DECLARED, Shop
from tests.journeys.signing_in import sign_in
from tests.journeys.steps import alert, heading, sign_up
from tests.journeys.test_changes import come_to_account, see_what_happens
from tests.journeys.watching import Browsers

OWN = """
[[plan]]
key = "shelf"
name = "Own shelf"
visibility = "exclusive"
prices.month = { eur = 5900 }

[[plan]]
key = "overseas"
name = "Overseas shelf"
visibility = "exclusive"
prices.month = { usd = 3900 }
"""
_PRICE = "SELECT price.id FROM price JOIN plan ON plan.id = price.plan WHERE plan.key = {}"


async def ask_for(page: Page, plan: str) -> None:
    """Open the panel of a plan by its address, as somebody does who was sent it."""
    (price,) = await run_sql(_PRICE, plan)
    await page.goto(f"/account/plan/review?price={price['id']}")
    await expect(heading(page, "What will happen")).to_be_visible()


async def test_an_exclusive_plan_is_taken_by_her_alone_and_none_in_another_currency(
    shop: Shop, browsers: Browsers, scripts: bool
) -> None:
    browsers.expect("status of 409")
    await apply_declaration(read_declaration(DECLARED + OWN))
    page = await browsers(java_script_enabled=scripts)
    mallory = await browsers(java_script_enabled=scripts)
    await come_to_account(page, "Studio")
    await sign_up(mallory, MALLORY, "Reader")
    await expect(heading(mallory, "Welcome to Reader")).to_be_visible()
    await sign_in(mallory, MALLORY["Email"])
    for plan in ("shelf", "overseas"):
        assert await grant_plan(plan, ADA["Email"])

    await mallory.goto("/account/plan")
    await expect(mallory.get_by_role("region", name="House")).to_be_visible()
    await expect(mallory.get_by_text("shelf")).to_have_count(0)
    await ask_for(mallory, "shelf")
    await expect(alert(mallory)).to_have_text("This plan is not on offer any more. Choose another.")

    await page.goto("/account/plan")
    await expect(page.get_by_text("cannot be chosen here: Overseas shelf.")).to_be_visible()
    await ask_for(page, "overseas")
    await expect(alert(page)).to_contain_text("is paid in EUR, and this one in USD")
    await page.get_by_role("link", name="Cancel your plan").click()
    await expect(heading(page, "Cancel your plan")).to_be_visible()

    await see_what_happens(page, "Own shelf", "€59.00 a month")
    await page.get_by_role("button", name="Order with obligation to pay").click()
    await expect(page.get_by_text("Your plan is Own shelf now.")).to_be_visible()
    await page.goto("/account")
    hers = page.get_by_role("region", name="Own shelf")
    await expect(hers.get_by_text("€59.00 a month", exact=True)).to_be_visible()

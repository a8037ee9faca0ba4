"""Signing in, as steps."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.journeys.post import link_for, links_to
from tests.journeys.steps import field, heading


async def ask_for_a_link(page: Page, email: str) -> None:
    """Ask for a sign-in mail."""
    await page.goto("/signin")
    await field(page, "Email").fill(email)
    await page.get_by_role("button", name="Send me a sign-in link").click()
    await expect(heading(page, "Check your inbox")).to_be_visible()


async def sign_in(page: Page, email: str) -> None:
    """Sign in by the link in the mail that is sent for it."""
    former = links_to(email)
    await ask_for_a_link(page, email)
    await page.goto(await link_for(email, but=former))
    await page.get_by_role("button", name="Continue").click()
    asked = heading(page, "Are these your details?")
    await expect(asked.or_(heading(page, "Your account"))).to_be_visible()
    if await asked.is_visible():
        await page.get_by_role("button", name="Keep these details").click()
    await expect(heading(page, "Your account")).to_be_visible()

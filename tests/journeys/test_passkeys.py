"""Grace adds a passkey to her account, and next time signs in by it, without a mail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, expect

from portal.access.sessions import open_session
from portal.customers.details import read_details
from portal.customers.register import register
from portal.database import run_sql, transaction
from portal.pages.form import rules_of
from portal.settings import configure
from portal.sites.storefront import find_site
from tests.journeys.shop import Shop
from tests.people import GRACE

DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


async def test_a_passkey_is_added_and_signs_in_without_a_mail(shop: Shop, browser: Browser) -> None:
    url = shop.url.replace("127.0.0.1", "localhost")
    configure(base_url=url)
    await shop.change_site((await find_site(None)).key, passkeys="on")
    async with a_device(browser) as page:
        await page.context.add_cookies([{"name": "session", "value": await let_in(), "url": url}])
        await page.goto(f"{url}/account/security")
        await page.get_by_role("button", name="Add a passkey").click()
        await expect(page.get_by_role("button", name="Remove passkey")).to_be_visible()
        await expect(page.get_by_text("Added on")).to_be_visible()

        await page.context.clear_cookies(name="session")
        await page.goto(f"{url}/signin")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page).to_have_url(f"{url}/account")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert await run_sql("SELECT id FROM sign_in_request") == []


async def test_without_a_passkey_the_page_says_so_and_without_scripts_it_offers_none(
    shop: Shop, browser: Browser
) -> None:
    url = shop.url.replace("127.0.0.1", "localhost")
    configure(base_url=url)
    await shop.change_site((await find_site(None)).key, passkeys="on")
    async with a_device(browser) as page:
        await page.goto(f"{url}/signin")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page.get_by_role("alert")).to_have_text(
            "No passkey was used. Try again, or sign in by mail."
        )
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{url}/signin")
    await expect(page.get_by_role("button", name="Send me a sign-in link")).to_be_visible()
    await expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    await context.close()


@asynccontextmanager
async def a_device(browser: Browser) -> AsyncIterator[Page]:
    """A browser on a device that can make passkeys."""
    context = await browser.new_context(locale="en-GB")
    page = await context.new_page()
    protocol = await context.new_cdp_session(page)
    await protocol.send("WebAuthn.enable")
    await protocol.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    yield page
    await context.close()


async def let_in() -> str:
    """Have Grace be a customer, and return the cookie of her session."""
    site = await find_site(None)
    async with transaction():
        grace, _ = await register(site, read_details(GRACE, rules_of(site, "en")))
    return await open_session(grace.id, site.id)

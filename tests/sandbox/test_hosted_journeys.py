"""The hosted pages in a real Chromium: a whole journey, what axe says, and a narrow window."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Route, expect

from portal.sandbox.app import create_app
from tests.sandbox.browsing import (
    ASKS_ALWAYS,
    ASKS_ONCE,
    GOOD,
    REFUSED,
    open_flow,
    open_portal,
    path_of,
    send_card,
)
from tests.sandbox.conftest import PATIENCE_S, client_of, served
from tests.sandbox.selling import a_price, ada

KEY = "sk_test_sandbox"
AXE_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
PAGES = (
    "home",
    "card",
    "mistakes",
    "bank",
    "cancel",
    "details",
    "invoice",
    "document",
    "checkout",
    "control",
    "docs",
    "not found",
)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Shop:
    """A sandbox with something of everything on its pages."""

    address: str
    pages: dict[str, str]


@pytest.fixture(scope="module")
async def shop() -> AsyncIterator[Shop]:
    """Ada has a trial, owes an invoice, holds two cards, and things go wrong for others."""
    async with (
        served(lambda address: create_app(public_url=address, key=KEY)) as address,
        client_of(address, KEY) as client,
        httpx.AsyncClient(base_url=address, timeout=PATIENCE_S, verify=False) as http,
    ):
        yield Shop(address, await _stocked(client.v1, http))


async def _stocked(api: Any, http: httpx.AsyncClient) -> dict[str, str]:
    customer = await ada(api)
    price = await a_price(api, unit_amount=900)
    trial = {"trial_period_days": 14, "cancel_at_period_end": True}
    plans = [
        await api.subscriptions.create_async(
            {
                "customer": customer.id,
                "items": [{"price": price.id}],
                "payment_behavior": "default_incomplete",
                "expand": ["latest_invoice"],
                **more,
            }
        )
        for more in (trial, {})
    ]
    session = await open_portal(api, customer.id)
    await http.post(f"{session}/tax-ids", data={"type": "gb_vat", "value": "GB000000000"})
    for number in (GOOD, "5555555555554444"):
        await send_card(http, session, number, purpose="default")
    await api.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:9/webhooks", "enabled_events": ["*"]}
    )
    await http.post("/_sandbox/page/faults", data={"fault": "limit", "match": "GET /v1/nothing"})
    invoice = path_of(plans[1].latest_invoice.hosted_invoice_url)
    checkout = await api.checkout.sessions.create_async(
        {
            "mode": "subscription",
            "line_items": [{"price": price.id}],
            "success_url": "https://shop.example/done",
            "cancel_url": "https://shop.example/plans",
        }
    )
    asked = await send_card(http, await open_flow(api, customer.id), ASKS_ONCE)
    return {
        "home": f"{session}/home?said=card",
        "card": await open_flow(api, customer.id),
        "mistakes": f"{session}/card",
        "bank": asked.headers["location"],
        "cancel": f"{session}/cancel/{plans[1].id}",
        "details": f"{session}/details",
        "invoice": invoice,
        "document": f"{invoice}/pdf",
        "checkout": path_of(checkout.url),
        "control": "/_sandbox/?said=clock",
        "docs": "/_sandbox/docs",
        "not found": "/p/session/mallory",
    }


@pytest.fixture(scope="module")
async def wide(browser: Browser, shop: Shop) -> AsyncIterator[Page]:
    """A window in which many pages are looked at, one after another."""
    # axe is a script, which the pages themselves do not allow.
    looks: dict[str, Any] = {"reduced_motion": "reduce", "bypass_csp": True}
    page = await browser.new_page(base_url=shop.address, **looks)
    yield page
    await page.close()


@pytest.fixture(scope="module")
async def narrow(browser: Browser, shop: Shop) -> AsyncIterator[Page]:
    """A small window in which many pages are looked at, one after another."""
    looks: dict[str, Any] = {"reduced_motion": "reduce", "viewport": {"width": 320, "height": 600}}
    page = await browser.new_page(base_url=shop.address, **looks)
    yield page
    await page.close()


async def show(page: Page, shop: Shop, name: str) -> None:
    """Show a page by its name."""
    await page.goto(shop.pages[name])
    if name == "mistakes":
        await page.get_by_role("button", name="Save card").click()
        await expect(page.get_by_role("alert")).to_be_focused()


@pytest.mark.parametrize("name", PAGES)
async def test_axe_finds_nothing_in_light_and_dark(wide: Page, shop: Shop, name: str) -> None:
    for scheme in SCHEMES:
        await wide.emulate_media(color_scheme=scheme)
        await show(wide, shop, name)
        found = await Axe().run(wide, options=AXE_RULES)

        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", PAGES)
async def test_a_window_of_320_is_wide_enough(narrow: Page, shop: Shop, name: str) -> None:
    await show(narrow, shop, name)

    width = await narrow.evaluate("document.documentElement.scrollWidth")
    low = await narrow.evaluate(
        """() => [...document.querySelectorAll('button, .button, input:not([type=hidden]), select')]
            .filter((each) => !each.closest('.tick') && each.offsetParent !== null)
            .filter((each) => each.getBoundingClientRect().height < 43.9)
            .map((each) => each.outerHTML)"""
    )

    assert width == 320
    assert low == []


async def test_a_person_adds_cards_cancels_and_pays_without_javascript(browser: Browser) -> None:
    async with (
        served(lambda address: create_app(public_url=address, key=KEY)) as address,
        client_of(address, KEY) as client,
    ):
        api = client.v1
        customer = await ada(api)
        price = await a_price(api, unit_amount=900)
        plan = await api.subscriptions.create_async(
            {
                "customer": customer.id,
                "items": [{"price": price.id}],
                "payment_behavior": "default_incomplete",
                "expand": ["latest_invoice"],
            }
        )
        page = await browser.new_page(base_url=address, java_script_enabled=False)
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))

        await _add_a_card_in_the_flow(page, await open_flow(api, customer.id))
        await page.goto(await open_portal(api, customer.id))
        await _add_a_card_that_always_asks(page)
        await _pay_the_invoice(page)
        after = await api.subscriptions.retrieve_async(plan.id)
        await page.goto(await open_portal(api, customer.id))
        await _cancel_and_keep(page)
        kept = await api.subscriptions.retrieve_async(plan.id)
        await page.close()

    assert after.status == "active"
    assert not kept.cancel_at_period_end
    assert [each for each in refused if "Content Security Policy" in each] == []


async def _type(page: Page, number: str) -> None:
    await page.get_by_label("Card number").fill(number)
    await page.get_by_label("Expiration date").fill("12 / 34")
    await page.get_by_label("CVC").fill("123")


async def _add_a_card_in_the_flow(page: Page, flow: str) -> None:
    """Decline first, then authenticate; end where the seller wants the person back."""

    async def welcome(route: Route) -> None:
        await route.fulfill(content_type="text/html", body="<h1>Welcome back</h1>")

    await page.route("https://shop.example/**", welcome)
    await page.goto(flow)
    await _type(page, REFUSED)
    await page.get_by_role("button", name="Save card").click()
    await expect(page.get_by_label("Card number")).to_have_accessible_description(
        "Your card was declined."
    )
    await _type(page, ASKS_ONCE)
    await page.get_by_role("button", name="Save card").click()
    await page.get_by_role("button", name="Complete authentication").click()
    await expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()


async def _add_a_card_that_always_asks(page: Page) -> None:
    await page.get_by_role("link", name="Add payment method").click()
    await _type(page, ASKS_ALWAYS)
    await page.get_by_role("button", name="Save card").click()
    await page.get_by_role("button", name="Fail authentication").click()
    await expect(page.get_by_role("alert")).to_contain_text("unable to authenticate")
    await _type(page, ASKS_ALWAYS)
    await page.get_by_role("button", name="Save card").click()
    await page.get_by_role("button", name="Complete authentication").click()
    await expect(page.get_by_role("status")).to_have_text("Your payment method was added.")


async def _pay_the_invoice(page: Page) -> None:
    await page.get_by_role("link", name="Pay invoice").click()
    await page.get_by_label("Visa •••• 3184").check()
    await page.get_by_role("button", name="Pay €9.00", exact=True).click()
    await page.get_by_role("button", name="Complete authentication").click()
    await expect(page.get_by_role("status")).to_contain_text("Invoice paid")


async def _cancel_and_keep(page: Page) -> None:
    await page.get_by_role("link", name="Cancel plan").click()
    await page.get_by_role("button", name="Cancel plan").click()
    await expect(page.get_by_role("status")).to_have_text("Your plan is canceled.")
    await page.get_by_role("button", name="Don’t cancel").click()
    await expect(page.get_by_role("status")).to_have_text("Your plan continues.")


async def test_a_person_moves_time_and_makes_stripe_fail_on_the_control_page(
    browser: Browser,
) -> None:
    async with served(lambda address: create_app(public_url=address, key=KEY)) as address:
        async with client_of(address, KEY) as client:
            await ada(client.v1)
        page = await browser.new_page(base_url=address)

        await page.goto("/_sandbox/")
        await page.get_by_role("button", name="+ 1 day").click()
        await expect(page.get_by_role("status")).to_have_text("The clock was moved.")
        await page.get_by_label("What goes wrong").select_option(label="Too many requests (429)")
        await page.get_by_role("button", name="Add fault").click()
        await page.get_by_role("button", name="Clear all faults").click()
        await expect(page.get_by_text("All is well.")).to_be_visible()
        await page.get_by_role("button", name="Open billing portal").click()
        await page.get_by_role("link", name="Return to").click()
        await expect(page.get_by_role("heading", name="Local Stripe")).to_be_visible()
        await page.close()

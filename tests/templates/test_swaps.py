"""What htmx makes of our parts: focus, title, messages and the order, under the strict policy."""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import quote, urlsplit

import anyio
import pytest
from playwright.async_api import Browser, Page, Request, Route, expect

from tests.templates.samples import every_view
from tests.templates.stage import HERE, render, shown
from tests.templates.view import Values

VIEWS = {view.name: view for view in every_view()}
CHECKED = ("email", "phone", "postal_code", "tax_id")


def complaints_of(page: Page) -> list[str]:
    """Collect what the browser complains of, but for the 422 that we mean."""
    heard: list[str] = []
    bad = ("error", "warning")
    page.on("console", lambda said: heard.append(said.text) if said.type in bad else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


async def test_mistakes_are_swapped_in_with_the_focus_and_the_title(browser: Browser) -> None:
    answers = {"/signup": (422, VIEWS["signup-errors-part"])}

    async with shown(browser, VIEWS["signup"], answers=answers) as page:
        heard = complaints_of(page)
        await page.get_by_role("button", name="Start 14-day trial").click()
        await expect(page.locator("#error-summary")).to_be_focused()
        assert await page.title() == "Error: Create your account – Northwind"
        first_name = page.get_by_label("First name")
        await expect(first_name).to_have_accessible_description("Enter your first name.")
        await page.get_by_role("link", name="Enter your street and number.").click()
        await expect(page.locator("#line1")).to_be_focused()
        await expect(page.get_by_role("button", name="Start 14-day trial")).to_be_enabled()

    assert [said for said in heard if "422" not in said] == []


async def test_the_mistakes_of_a_step_are_swapped_in_with_the_focus_and_the_title(
    browser: Browser,
) -> None:
    answers = {"/signup/step/address": (422, VIEWS["step-address-errors-part"])}

    async with shown(browser, VIEWS["step-address"], answers=answers) as page:
        heard = complaints_of(page)
        await page.get_by_role("button", name="Continue").click()
        await expect(page.locator("#error-summary")).to_be_focused()
        assert await page.title() == "Error: Step 2 of 3: Billing address – Northwind"
        await page.get_by_role("link", name="Enter your street and number.").click()
        await expect(page.locator("#line1")).to_be_focused()

    assert [said for said in heard if "422" not in said] == []


async def test_a_form_that_reaches_nobody_says_so_and_keeps_everything(browser: Browser) -> None:
    answers = {"/signup": (0, VIEWS["signup"])}

    async with shown(browser, VIEWS["signup"], answers=answers) as page:
        await page.get_by_label("First name").fill("Ada")
        button = page.get_by_role("button", name="Start 14-day trial")
        await button.click()
        await expect(page.get_by_role("alert")).to_contain_text("We could not be reached.")
        await expect(page.get_by_label("First name")).to_have_value("Ada")
        await expect(button).to_be_enabled()


async def test_enter_in_a_field_sends_the_form_also_after_a_swap(browser: Browser) -> None:
    answers = {"/signup": (422, VIEWS["signup-errors-part"])}

    async with shown(browser, VIEWS["signup"], answers=answers) as page:
        for _ in range(2):
            async with page.expect_request(lambda request: request.method == "POST") as sent:
                await page.get_by_label("Last name").press("Enter")
            request = await sent.value
            assert request.url.endswith("/signup")
            assert "refresh" not in (request.post_data or "")
            await expect(page.locator("#error-summary")).to_be_focused()


async def test_enter_sends_the_form_without_scripts_too(browser: Browser) -> None:
    async with shown(browser, VIEWS["signup"], java_script_enabled=False) as page:
        async with page.expect_request(lambda request: request.method == "POST") as sent:
            await page.get_by_label("Last name").press("Enter")
        assert "refresh" not in ((await sent.value).post_data or "")


async def test_a_field_is_checked_on_change_and_marked(browser: Browser) -> None:
    answers = {"/signup/field/email": (200, VIEWS["signup-message-error"])}

    async with shown(browser, VIEWS["signup"], answers=answers) as page:
        heard = complaints_of(page)
        email = page.get_by_label("Email", exact=True)
        await email.fill("ada")
        await page.get_by_label("First name").focus()
        await expect(email).to_have_attribute("aria-invalid", "true")
        await expect(email).to_have_accessible_description(
            "We send your receipts and sign-in links here. "
            "Enter an email address in the form name@example.com."
        )
        await expect(page.get_by_label("First name")).to_be_focused()
        answers["/signup/field/email"] = (200, VIEWS["signup-message-fine"])
        await email.fill("ada@example.com")
        await page.get_by_label("First name").focus()
        await expect(email).to_have_attribute("aria-invalid", "false")

    assert heard == []


ON_CHANGE = {
    "details": ("phone", "postal_code"),
    "shipping": ("postal_code",),
    "tax-ids": ("tax_id",),
    "email": ("email", "billing_email"),
}
"""By the view of an account's page, the fields that are checked as the sign-up form's are."""


@pytest.mark.parametrize("name", ON_CHANGE)
async def test_the_forms_of_the_account_are_checked_on_change(browser: Browser, name: str) -> None:
    fields = ON_CHANGE[name]
    wrong = (200, VIEWS["signup-message-error"])
    answers = {f"/signup/field/{field}": wrong for field in fields}

    async with shown(browser, VIEWS[name], answers=answers) as page:
        heard = complaints_of(page)
        for field in fields:
            typed = page.locator(f"input#{field}")
            await typed.fill("ada")
            await typed.blur()
            await expect(typed).to_have_attribute("aria-invalid", "true")
            await expect(typed).to_have_accessible_description(re.compile("name@example.com"))
            answers[f"/signup/field/{field}"] = (200, VIEWS["signup-message-fine"])
            await typed.fill("")
            await typed.blur()
            await expect(typed).to_have_attribute("aria-invalid", "false")
        checked = await page.locator("[hx-post*='/signup/field/']").count()

    assert heard == []
    assert checked == len(fields)


async def test_a_slow_check_holds_up_no_other_and_says_nothing_once_the_form_was_sent(
    browser: Browser,
) -> None:
    answers = {
        "/signup": (422, VIEWS["signup-errors-part"]),
        "/signup/field/tax_id": (200, VIEWS["signup-message-fine"]),
    }
    fine, checked = render(VIEWS["signup-message-fine"]), anyio.Event()

    async def answer_late(route: Route) -> None:
        await checked.wait()
        await route.fulfill(body=fine, content_type="text/html; charset=utf-8")

    async with shown(browser, VIEWS["signup"], answers=answers) as page:
        await page.route(f"{HERE}/signup/field/email", answer_late)
        await page.get_by_label("Email", exact=True).fill("ada")
        async with page.expect_response(f"{HERE}/signup/field/tax_id"):
            await page.get_by_label("Tax ID (optional)").fill("GB123456789")
            await page.get_by_label("First name").focus()
        await page.get_by_role("button", name="Start 14-day trial").click()
        await expect(page.locator("#error-summary")).to_be_focused()
        async with page.expect_response(f"{HERE}/signup/field/email") as late:
            checked.set()
        await (await late.value).finished()
        await page.wait_for_timeout(50)
        await expect(page.get_by_label("Email", exact=True)).to_have_attribute(
            "aria-invalid", "true"
        )


async def test_another_country_brings_its_fields_and_keeps_what_was_typed(browser: Browser) -> None:
    answers = {"/signup/address": (200, VIEWS["signup-address-us"])}

    async with shown(browser, VIEWS["signup"], answers=answers) as page:
        heard = complaints_of(page)
        await page.get_by_label("Street address").fill("1 Main Street")
        country = page.get_by_label("Country or region")
        await country.focus()
        await country.select_option("US")
        await expect(page.get_by_label("ZIP code")).to_be_visible()
        await expect(country).to_be_focused()

    assert heard == []


async def test_a_country_chosen_before_the_scripts_came_brings_its_fields(
    browser: Browser,
) -> None:
    answers = {"/signup/address": (200, VIEWS["signup-address-us"])}
    chosen = anyio.Event()

    async def come_late(route: Route) -> None:
        await chosen.wait()
        await route.fallback()

    async with shown(browser, VIEWS["signup"], answers=answers) as page:
        await page.route("**/swaps.js*", come_late)
        await page.reload(wait_until="commit")
        await page.get_by_label("Country or region").select_option("US")
        assert not await page.get_by_label("ZIP code").is_visible()
        chosen.set()
        await expect(page.get_by_label("ZIP code")).to_be_visible()


async def test_a_code_changes_the_order_the_button_and_what_it_means(browser: Browser) -> None:
    answers = {"/signup/order": (200, VIEWS["signup-order-part"])}
    narrow: Values = {"viewport": {"width": 320, "height": 700}}

    async with shown(browser, VIEWS["signup"], answers=answers, **narrow) as page:
        heard = complaints_of(page)
        await page.get_by_text("Order: Pro").click()
        await page.get_by_text("Add a coupon or promotion code").click()
        await page.get_by_label("Coupon or promotion code").fill("SPRING25")
        await page.get_by_role("button", name="Apply").click()
        await expect(page.locator("#coupon-message")).to_contain_text("25 % off the first payment")
        button = page.get_by_role("button", name="Order with obligation to pay")
        await expect(button).to_be_visible()
        await expect(page.locator("#obligation")).to_contain_text("owe €367.50 today")
        await expect(page.locator("#order .total")).to_be_visible()
        await expect(page.locator("#order .total")).to_contain_text("€367.50")
        assert await page.locator("hx-partial").count() == 0

    assert heard == []


async def test_the_switch_in_the_order_keeps_the_focus(browser: Browser) -> None:
    answers = {"/signup/order": (200, VIEWS["signup-order-part"])}

    async with shown(browser, VIEWS["signup"], answers=answers) as page:
        await page.locator("#interval-month").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.locator("#order .total")).to_contain_text("€367.50")
        await expect(page.locator("#interval-year")).to_be_focused()
        await expect(page.locator("#interval-year")).to_be_checked()


TYPED = {
    "Email": "ada@lovelace.example", "First name": "Augusta", "Last name": "Lovelace",
    "Organisation": "Engines", "Tax ID": "GB123456789", "Phone": "+442079460958",
    "Street address": "12 St James", "Postal code": "20457", "City": "Uetersen",
    "Coupon or promotion code": "SPRING25",
}  # fmt: skip


@pytest.mark.parametrize("scripted", [True, False])
async def test_no_address_that_the_form_asks_for_holds_what_was_typed(
    browser: Browser, scripted: bool
) -> None:
    answers = {
        "/signup": (422, VIEWS["signup-errors-part"]),
        "/signup/order": (200, VIEWS["signup-order-part"]),
        "/signup/address": (200, VIEWS["signup-address-us"]),
    } | {f"/signup/field/{name}": (200, VIEWS["signup-message-fine"]) for name in CHECKED}

    async with shown(
        browser, VIEWS["signup"], answers=answers, java_script_enabled=scripted
    ) as page:
        asked: list[Request] = []
        page.on("request", lambda request: asked.append(request))
        await _type_everything(page)
        if scripted:
            await _touch_everything(page)
        else:
            await page.get_by_role("button", name="Update address fields").click()
        wanted = {*answers} if scripted else {"/signup"}
        for _ in range(600):
            if _sent(asked) >= wanted:
                break
            await page.wait_for_timeout(50)

    urls = [urlsplit(request.url) for request in asked]
    assert _sent(asked) >= wanted
    assert [url for url in urls if url.query and not url.path.startswith("/static/")] == []
    assert [url for url in urls for text in TYPED.values() if quote(text) in url.geturl()] == []


def _sent(asked: list[Request]) -> set[str]:
    return {urlsplit(request.url).path for request in asked if request.method == "POST"}


async def _type_everything(page: Page) -> None:
    await page.get_by_text("Add a coupon or promotion code").click()
    for label, text in TYPED.items():
        field = page.get_by_label(re.compile(rf"^{label}( \(optional\))?$"))
        await field.fill(text)
        await field.blur()


async def _touch_everything(page: Page) -> None:
    """Change whatever has the form asked for anew, and wait for each answer."""
    for path, change in (
        ("/signup/order", page.get_by_role("button", name="Apply").click),
        ("/signup/order", page.locator("#interval-month + span").click),
        ("/signup/address", partial(page.get_by_label("Country or region").select_option, "US")),
        ("/signup", partial(page.get_by_label("Last name").press, "Enter")),
    ):
        async with page.expect_response(f"{HERE}{path}"):
            await change()


async def test_the_status_page_asks_again_until_we_must_act(browser: Browser) -> None:
    path = "/signup/status/onbo_1"
    answers = {path: (200, VIEWS["status-slow-part"])}

    async with shown(browser, VIEWS["status-working"], answers=answers) as page:
        await expect(page.get_by_role("status")).to_contain_text("longer than usual")
        answers[path] = (200, VIEWS["status-stuck-part"])
        await expect(page.get_by_role("heading", level=1)).to_have_text("We have your details")
        assert await page.locator("[hx-get]").count() == 0

"""What a browser makes of the pages: legible, reachable and within the window for everyone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from portal.sites.branding import accent_problem
from tests.templates.pseudo import accented, pseudo
from tests.templates.samples import every_view
from tests.templates.stage import show, shown, speaking
from tests.templates.view import Values, View

VIEWS = {view.name: view for view in every_view()}
PAGES = [view for view in VIEWS.values() if view.is_page]
# As in a language that joins its words.
IN_LONG_WORDS = {
    view.name: view
    for view in every_view(lambda words: accented(words).replace(" ", "")[:60])
    if view.is_page
}
SCHEMES = ("light", "dark")
AXE_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
COLOURS_ONLY = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
ACCENTS = ("#3b5bdb", "#000000", "#b3261e", "#0b6b3a", "#7a4b00", "#6d28d9", "#00657a", "#4b4b4b")

TEXT = (
    ("foreground", "background"), ("foreground", "card"), ("foreground", "muted"),
    ("muted-foreground", "background"), ("muted-foreground", "card"), ("muted-foreground", "muted"),
    ("primary", "background"), ("primary", "card"), ("primary-foreground", "primary"),
    ("danger", "background"), ("danger", "card"), ("warn", "background"), ("warn", "card"),
    ("success", "background"), ("success", "card"),
)  # fmt: skip
TINTED = ("primary", "danger", "warn", "success")
DRAWN = (("input", "background"), ("input", "card"), ("ring", "background"), ("ring", "card"))

CONTRAST = """([ink, ground, tint]) => {
    const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const mix = (colour) => `color-mix(in oklab, var(--${colour}) 12%, var(--card))`;
    const luminance = (colour) => {
        const probe = document.body.appendChild(document.createElement('i'));
        probe.style.color = colour;
        paint.fillStyle = getComputedStyle(probe).color;
        probe.remove();
        paint.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...paint.getImageData(0, 0, 1, 1).data].map((part) => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const one = luminance(`var(--${ink})`);
    const other = luminance(tint ? mix(tint) : `var(--${ground})`);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}"""


SIZE_OF_TEXT = "parseFloat(getComputedStyle(document.querySelector('main')).fontSize)"
COUNT_MOVING = """() => [...document.querySelectorAll('*')].filter((it) => {
    const drawn = getComputedStyle(it);
    return drawn.animationName !== 'none' || parseFloat(drawn.transitionDuration) > 0;
}).length"""
SHIFTED = """() => new Promise((told) => {
    let sum = 0;
    new PerformanceObserver((seen) => seen.getEntries().forEach((it) => (sum += it.value)))
        .observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => told(sum), 100)));
})"""
PUSH = "document.querySelector('main').style.paddingTop = '300px'"


@pytest.fixture(scope="module")
async def desk(browser: Browser) -> AsyncIterator[Page]:
    """A window in which many views are looked at, one after another."""
    context = await browser.new_context(reduced_motion="reduce")
    yield await context.new_page()
    await context.close()


@pytest.fixture(scope="module")
async def phone(browser: Browser) -> AsyncIterator[Page]:
    """A small window in which many views are looked at, one after another."""
    context = await browser.new_context(viewport={"width": 320, "height": 700})
    yield await context.new_page()
    await context.close()


async def contrast(page: Page, ink: str, ground: str, tint: str = "") -> float:
    """Return the contrast of two of our colours as this browser paints them."""
    return float(await page.evaluate(CONTRAST, [ink, ground, tint]))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("accent", ACCENTS)
async def test_words_and_borders_stand_out_whatever_the_accent(
    desk: Page, accent: str, scheme: Literal["light", "dark"]
) -> None:
    assert accent_problem(accent) is None
    view = next(view for view in every_view(accent=accent) if view.name == "signin")

    # The probe's colours are set through the CSSOM, which the policy of pages lets pass.
    await desk.emulate_media(color_scheme=scheme)
    await show(desk, view)
    text = {pair: await contrast(desk, *pair) for pair in TEXT}
    text |= {(tone, "its tint"): await contrast(desk, tone, "card", tone) for tone in TINTED}
    drawn = {pair: await contrast(desk, *pair) for pair in DRAWN}

    assert {pair: ratio for pair, ratio in text.items() if ratio < 4.5} == {}
    assert {pair: ratio for pair, ratio in drawn.items() if ratio < 3} == {}


@pytest.mark.parametrize("view", PAGES, ids=lambda view: view.name)
async def test_axe_finds_nothing(desk: Page, view: View) -> None:
    await desk.emulate_media(color_scheme="light")
    await show(desk, view)
    light = await Axe().run(desk, options=AXE_RULES)
    await desk.emulate_media(color_scheme="dark")
    dark = await Axe().run(desk, options=COLOURS_ONLY)

    assert light.violations_count == 0, light.generate_report()
    assert dark.violations_count == 0, dark.generate_report()


@pytest.mark.parametrize("view", PAGES, ids=lambda view: view.name)
async def test_nothing_is_wider_than_a_small_phone(phone: Page, view: View) -> None:
    await show(phone, view)
    assert await _overflow(phone) == []
    await show(phone, IN_LONG_WORDS[view.name], pseudo())
    assert await _overflow(phone) == []


async def test_letters_twice_as_large_find_room(desk: Page) -> None:
    await desk.set_viewport_size({"width": 1280, "height": 900})
    for name in ("signup-errors", "step-check-errors", "pricing", "welcome-no-card", "account"):
        await show(desk, VIEWS[name])
        usual = await desk.evaluate(SIZE_OF_TEXT)
        await desk.evaluate("document.documentElement.style.fontSize = '200%'")

        assert await desk.evaluate(SIZE_OF_TEXT) == 2 * usual, name
        assert await _overflow(desk) == [], name


async def test_nothing_moves_for_who_wants_that(browser: Browser) -> None:
    moving: dict[str, int] = {}
    for motion in ("reduce", "no-preference"):
        async with shown(browser, VIEWS["status-working"], reduced_motion=motion) as page:
            moving[motion] = await page.evaluate(COUNT_MOVING)

    assert moving["reduce"] == 0
    assert moving["no-preference"] > 0


async def test_a_page_stands_still_while_it_comes(browser: Browser) -> None:
    """Nothing is pushed aside by what comes later; where something is, it is seen."""
    for name in ("pricing", "signup", "signup-errors", "welcome"):
        async with shown(browser, VIEWS[name], viewport={"width": 1280, "height": 900}) as page:
            still = await page.evaluate(SHIFTED)
            await page.evaluate(PUSH)
            pushed = await page.evaluate(SHIFTED)

        assert still == 0, name
        assert pushed > 0, name


@pytest.mark.parametrize(
    "name", ["signup-errors", "step-check-errors", "pricing", "welcome-no-card", "inbox-error"]
)
async def test_what_is_pressed_is_large_enough(browser: Browser, name: str) -> None:
    async with shown(browser, VIEWS[name], viewport={"width": 320, "height": 700}) as page:
        small = await page.evaluate(
            """() => [...document.querySelectorAll('button, input, select, summary, .button')]
                .filter((it) => it.checkVisibility() && !it.closest('.vh, .trap, .switch, .tick'))
                .filter((it) => it.getBoundingClientRect().height < 44).map((it) => it.outerHTML)"""
        )

    assert small == []


@pytest.mark.parametrize("name", ["signup-errors", "step-check", "pricing", "inbox", "account"])
async def test_the_focus_is_seen_on_all_that_takes_it_and_in_forced_colours(
    browser: Browser, name: str
) -> None:
    async with shown(browser, VIEWS[name], forced_colors="active") as page:
        stops = await _walk(page)

    assert len(stops) > 5
    assert [stop for stop in stops if not stop["ring"]] == []


async def test_the_order_of_stops_is_the_order_of_reading(browser: Browser) -> None:
    async with shown(browser, VIEWS["signup"], viewport={"width": 1280, "height": 900}) as page:
        stops = [stop["id"] for stop in await _walk(page) if stop["id"]]

    assert stops == [
        "interval-month", "email", "first_name", "last_name", "organisation", "tax_id", "phone",
        "country", "line1", "postal_code", "city", "terms", "email_marketing",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [320, 1280])
async def test_a_step_is_read_in_the_order_in_which_it_is_seen(
    browser: Browser, width: int
) -> None:
    window: Values = {"viewport": {"width": width, "height": 900}}

    async with shown(browser, VIEWS["step-address"], **window) as page:
        back = await page.get_by_role("link", name="Back").bounding_box()
        order = await page.locator("#order").bounding_box()
        stops = [stop["id"] for stop in await _walk(page) if stop["id"]]

    assert back
    assert order
    assert back["y"] < order["y"]
    assert stops == [
        *(["interval-month"] if width > 960 else []),
        *("organisation", "tax_id", "country", "line1", "postal_code", "city"),
    ]


async def test_from_right_to_left_everything_changes_sides(browser: Browser) -> None:
    view = VIEWS["signup-errors"]
    wide: Values = {"viewport": {"width": 1280, "height": 900}}

    async with shown(browser, view, speaking("ar"), **wide) as page:
        order = await page.locator("#order").bounding_box()
        email = await page.locator("#email").bounding_box()
        overflow = await _overflow(page)

    assert order
    assert email
    assert order["x"] > email["x"] + email["width"]
    assert overflow == []


async def test_the_summary_of_errors_has_the_focus_on_arrival(browser: Browser) -> None:
    async with shown(browser, VIEWS["signup-errors"]) as page:
        assert await page.evaluate("document.activeElement.id") == "error-summary"
        assert await page.title() == "Error: Create your account – Northwind"


async def test_the_order_is_folded_on_a_phone_and_open_on_a_desk(browser: Browser) -> None:
    total = "#order .total"

    async with shown(browser, VIEWS["signup"], viewport={"width": 320, "height": 700}) as page:
        assert not await page.locator(total).is_visible()
        await page.get_by_text("Order: Pro").click()
        assert await page.locator(total).is_visible()
    async with shown(browser, VIEWS["signup"], viewport={"width": 1280, "height": 900}) as page:
        assert await page.locator(total).is_visible()


async def test_the_switch_shows_the_price_of_one_interval_without_a_script(
    browser: Browser,
) -> None:
    async with shown(browser, VIEWS["pricing"], java_script_enabled=False) as page:
        monthly = page.get_by_role("button", name="Choose Team Team, monthly")
        yearly = page.get_by_role("button", name="Choose Team Team, yearly")
        assert [await monthly.count(), await yearly.count()] == [1, 0]
        await page.get_by_text("Yearly", exact=True).click()
        assert [await monthly.count(), await yearly.count()] == [0, 1]
        assert await page.get_by_text("€490.00 billed yearly").is_visible()
        assert await page.get_by_role("button", name="Start free").is_visible()


async def test_buttons_for_those_without_scripts_are_seen_by_them_alone(browser: Browser) -> None:
    update = "Update address fields"

    async with shown(browser, VIEWS["signup"], java_script_enabled=False) as page:
        assert await page.get_by_role("button", name=update).is_visible()
    async with shown(browser, VIEWS["signup"]) as page:
        assert not await page.get_by_role("button", name=update).is_visible()


async def _overflow(page: Page) -> Any:
    return await page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll('body *')]
                .filter((it) => it.getBoundingClientRect().right > innerWidth + 1)
                .map((it) => it.outerHTML.slice(0, 120))"""
    )


async def _walk(page: Page) -> list[dict[str, Any]]:
    """Press Tab through the page and tell what has the focus, and whether that is seen."""
    stops: list[dict[str, Any]] = []
    await page.evaluate("document.activeElement.blur()")
    while len(stops) < 60:
        await page.keyboard.press("Tab")
        stop = await page.evaluate(
            """() => {
                const it = document.activeElement;
                const label = it.closest('.switch label');
                const drawn = getComputedStyle(label ?? it);
                const at = [...document.querySelectorAll('*')].indexOf(it);
                return { at, tag: it.tagName, id: it.id,
                    ring: drawn.outlineStyle !== 'none' && parseFloat(drawn.outlineWidth) >= 3 };
            }"""
        )
        if stop["tag"] == "BODY" or stop in stops:
            break
        stops.append(stop)
    return stops

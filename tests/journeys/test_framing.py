"""A page of ours inside somebody else's shows nothing that could be clicked on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from litestar import Litestar, MediaType, get
from litestar.params import FromQuery
from playwright.async_api import FrameLocator, Page, Route, expect

from tests.conftest import serving
from tests.databases import ON_SQLITE
from tests.journeys.people import ADA
from tests.journeys.shop import Shop
from tests.journeys.signing_in import sign_in
from tests.journeys.steps import go_back_without_card, sign_up
from tests.journeys.watching import Browsers

pytestmark = ON_SQLITE

FORMS = ["/", "/signup?plan=studio", "/signin", "/account", "/welcome"]
CONTROLS = "form, button, input"
AGAINST_FRAMES = ("content-security-policy", "x-frame-options")


@get("/bait", media_type=MediaType.HTML)
async def show_bait(framed: FromQuery[str]) -> str:
    """Show somebody else's page with a frame in it."""
    head = '<!doctype html><title>Bait</title><link rel="icon" href="data:,">'
    return f'{head}<iframe src="{framed}"></iframe>'


@pytest.fixture
async def elsewhere() -> AsyncIterator[str]:
    """Another origin."""
    async with serving(_somebody_else) as url:
        yield url


def _somebody_else(address: str) -> Any:
    return Litestar([show_bait], logging_config=None)


@pytest.fixture
async def page(browsers: Browsers) -> Page:
    """A tab in which Ada is signed in, and the browser may say that it refuses a frame."""
    browsers.expect("frame-ancestors", "X-Frame-Options")
    page = await browsers()
    await sign_up(page, ADA, "Studio")
    await go_back_without_card(page)
    await sign_in(page, ADA["Email"])
    return page


async def frame_it(page: Page, elsewhere: str, url: str) -> FrameLocator:
    """Open somebody else's page with this one of ours in it."""
    await page.goto(f"{elsewhere}/bait?framed={quote(url, safe='')}")
    return page.frame_locator("iframe")


async def test_no_form_of_ours_is_shown_in_a_foreign_frame(
    shop: Shop, elsewhere: str, page: Page
) -> None:
    for path in FORMS:
        framed = await frame_it(page, elsewhere, f"{shop.url}{path}")

        await expect(framed.locator("body")).to_be_attached()
        assert await framed.locator(CONTROLS).count() == 0, path
        assert page.frames[1].url == "chrome-error://chromewebdata/", path


async def test_without_the_header_the_same_frames_would_show_them(
    shop: Shop, elsewhere: str, page: Page
) -> None:
    await page.route(f"{shop.url}/**", _strip)

    for path in FORMS:
        framed = await frame_it(page, elsewhere, f"{shop.url}{path}")

        await expect(framed.locator(CONTROLS).first).to_be_attached()
        assert page.frames[1].url.startswith(shop.url), path


async def _strip(route: Route) -> None:
    answer = await route.fetch()
    kept = {name: it for name, it in answer.headers.items() if name not in AGAINST_FRAMES}
    await route.fulfill(response=answer, headers=kept)

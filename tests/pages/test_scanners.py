"""What opens every link of a mail and runs its scripts neither spends a link nor gets a code."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser

from tests.journeys.databases import ON_SQLITE
from tests.journeys.shop import open_shop
from tests.local_stripe import LocalStripe
from tests.pages.browsing import Visitor
from tests.pages.mails import code_in, link_in, mail_to
from tests.people import ADA


@pytest.fixture
async def ada_over_http(database: str, sandbox: LocalStripe) -> AsyncIterator[Visitor]:
    """Ada, at a portal that other browsers can reach too."""
    ours = {"accept": "text/html", "sec-fetch-site": "same-origin"}
    async with (
        open_shop(sandbox) as shop,
        httpx.AsyncClient(base_url=shop.url, headers=ours, timeout=60, verify=False) as http,
    ):
        yield Visitor(http)


@ON_SQLITE
async def test_a_scanner_that_runs_scripts_leaves_the_link_good_and_sees_no_code(
    ada_over_http: Visitor, browser: Browser
) -> None:
    ada = ada_over_http
    await ada.sign_up(ADA)
    ada.http.cookies.clear()
    await ada.send("/signin", await ada.fill("/signin", {"email": ADA["email"]}))
    mail = await mail_to(ADA["email"])
    code = re.sub(r"\D", "", code_in(mail))
    scanner = await browser.new_context()

    async def scan() -> None:
        tab = await scanner.new_page()
        for _ in range(25):
            await tab.goto(f"{ada.http.base_url}{link_in(mail)}", wait_until="load")
            assert await tab.get_by_role("button", name="Continue on this device").is_visible()
            assert code not in re.sub(r"[\s\u00a0-]", "", await tab.content())
        await tab.wait_for_load_state("networkidle")

    await asyncio.gather(*(scan() for _ in range(4)))
    await scanner.close()

    answer = await ada.press(await ada.open(link_in(mail)), "")
    assert answer.headers["location"] == "/account/check"

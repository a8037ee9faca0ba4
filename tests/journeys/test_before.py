"""A site that confirms every address first tells a browser nothing of whom it knows."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.async_api import Page, Request, Response, expect

from tests.databases import ON_SQLITE
from tests.journeys.people import ADA, GRACE
from tests.journeys.post import link_for, mails
from tests.journeys.shop import ONE_OF_EACH, Shop
from tests.journeys.steps import choose, fill, heading
from tests.journeys.watching import Browsers

pytestmark = ON_SQLITE

# What stands for the moment or the browser, whoever is asked for: nothing else is left out.
# A form's token is random, so a page with one in it is never compressed to the same length.
HEADERS_LEFT_OUT = ("date", "request-id")
LENGTH_OF_A_PAGE = "content-length"
TOKENS = re.compile(rb"""(?P<before>name="token"\s+value=")(?P<token>[\w.:-]+)""")


@dataclass(frozen=True, slots=True)
class Received:
    """One answer as Chromium got it."""

    asked: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


async def ask(page: Page, email: str) -> list[Received]:
    """Sign up with an address, to the last page; return all that came from the press on."""
    await choose(page, "Studio", at="/?site=america")
    await fill(page, GRACE | {"Email": email})
    await page.get_by_role("checkbox", name="I agree to the terms").check()
    await page.wait_for_load_state("networkidle")
    ended: list[Request] = []
    page.on("requestfinished", lambda request: ended.append(request))
    await page.get_by_role("button", name="Start 14-day trial").click()
    await expect(heading(page, "Check your inbox")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    return sorted([await received(request) for request in ended], key=lambda each: each.asked)


async def received(request: Request) -> Received:
    """Read an answer, less what is other each time."""
    answer = await request.response()
    assert answer
    body = await body_of(answer)
    left_out = HEADERS_LEFT_OUT + ((LENGTH_OF_A_PAGE,) if TOKENS.search(body) else ())
    headers = sorted(
        (one["name"].lower(), one["value"])
        for one in await answer.headers_array()
        if one["name"].lower() not in left_out
    )
    asked = f"{request.method} {request.url}"
    return Received(asked, answer.status, tuple(headers), without_tokens(body))


async def body_of(answer: Response) -> bytes:
    """Return what came; where that was nothing, a browser that was led on cannot say so."""
    is_empty = (await answer.all_headers()).get("content-length") == "0"
    return b"" if is_empty else await answer.body()


def without_tokens(body: bytes) -> bytes:
    """Strike out each sign of a form's tokens."""
    return TOKENS.sub(lambda found: found["before"] + b"x" * len(found["token"]), body)


@pytest.mark.parametrize("with_javascript", [True, False])
async def test_new_and_known_addresses_are_answered_byte_for_byte(
    shop: Shop, browsers: Browsers, with_javascript: bool
) -> None:
    grace, mallory, other = [await browsers(java_script_enabled=with_javascript) for _ in range(3)]
    await ask(grace, GRACE["Email"])
    await grace.goto(await link_for(GRACE["Email"]))
    await grace.get_by_role("button", name="Continue").click()
    await expect(heading(grace, "Add payment method")).to_be_visible()

    known = await ask(mallory, GRACE["Email"])
    new = await ask(other, ADA["Email"])

    assert known == new
    inbox, posted = [each for each in known if "/signup" in each.asked]
    assert posted.asked == f"POST {shop.url}/signup"
    assert dict(posted.headers)["content-length"] == "0"
    assert b"Check your inbox" in inbox.body
    await link_for(ADA["Email"])
    assert "Hopper" not in "".join(str(mail) for mail in mails() if mail["to"] == ADA["Email"])
    assert await shop.books() == ONE_OF_EACH

"""Where Ada is signed in: she sees it, and signs others out; nobody else does."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from portal import clock
from portal.access.sessions import IDLE
from portal.app import Portal
from portal.database import run_sql
from tests.limits import NO_LIMITS
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, browser_at, forms_of
from tests.pages.mails import link_in, mail_to, mails, text_of
from tests.pages.shelves import change_site
from tests.people import ADA, MALLORY

SECURITY = "/account/security"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
async def phone(portal: Portal) -> AsyncIterator[Visitor]:
    """Ada's other browser."""
    async with browser_at(portal, **{"user-agent": IPHONE}) as http:
        yield Visitor(http)


@pytest.fixture
async def signed_in(shop: Shop, ada: Visitor, phone: Visitor, mallory: Visitor) -> None:
    """Ada is signed in on her laptop and on her phone, Mallory on her own account."""
    await change_site(shop, limits=json.dumps(NO_LIMITS))
    await ada.sign_up(ADA)
    ada.http.headers["user-agent"] = FIREFOX
    for browser in (ada, phone):
        await sign_in(browser, ADA["email"])
    await mallory.sign_up(MALLORY)
    await sign_in(mallory, MALLORY["email"])


async def sign_in(browser: Visitor, email: str) -> None:
    """Sign in by a mail that was not there before."""
    known = {link_in(text_of(mail)) for mail in mails() if "/signin/link/" in text_of(mail)}
    await browser.send("/signin", await browser.fill("/signin", {"email": email}))
    link = ""
    for _ in range(400):
        link = link_in(await mail_to(email))
        if link not in known:
            break
        await asyncio.sleep(0.02)
    await browser.press(await browser.open(link), "")


async def is_in(browser: Visitor) -> bool:
    return (await browser.open("/account")).status_code == 200


async def open_sessions() -> int:
    return len(await run_sql("SELECT id FROM session WHERE ended_at IS NULL"))


async def test_she_sees_her_browsers_by_name_and_which_is_this(
    signed_in: None, ada: Visitor, phone: Visitor
) -> None:
    text = (await ada.open(SECURITY)).text

    assert text.index("Firefox on Linux") < text.index("This browser") < text.index("Safari on iP")
    assert text.count("This browser") == 1
    assert FIREFOX not in text
    said = str(await run_sql("SELECT * FROM session"))
    assert "Gecko" not in said
    (named,) = re.findall(r"Safari on iPhone</strong>\s*<span", (await phone.open(SECURITY)).text)
    assert named


async def test_she_signs_one_browser_out(signed_in: None, ada: Visitor, phone: Visitor) -> None:
    page = await ada.open(SECURITY)

    answer = await ada.press(page, f"{SECURITY}/end")

    assert answer.headers["location"] == SECURITY
    assert not await is_in(phone)
    assert await is_in(ada)
    assert "iPhone" not in (await ada.open(SECURITY)).text
    again = await ada.press(page, f"{SECURITY}/end")
    assert again.headers["location"] == SECURITY


async def test_she_signs_out_everywhere_else(
    signed_in: None, ada: Visitor, phone: Visitor, mallory: Visitor
) -> None:
    answer = await ada.press(await ada.open(SECURITY), f"{SECURITY}/others")

    assert answer.headers["location"] == SECURITY
    assert (await is_in(ada), await is_in(phone), await is_in(mallory)) == (True, False, True)
    noted = await run_sql("SELECT action FROM audit_entry WHERE action LIKE 'session%'")
    assert [row["action"] for row in noted] == ["session.others_ended"]


async def test_what_ran_out_is_not_listed(signed_in: None, ada: Visitor, phone: Visitor) -> None:
    (hers,) = await run_sql("SELECT id FROM session WHERE system = 'iPhone'")
    long_ago = clock.now() - IDLE
    await run_sql("UPDATE session SET seen_at = {} WHERE id = {}", long_ago, hers["id"])

    text = (await ada.open(SECURITY)).text

    assert "iPhone" not in text
    assert f"{SECURITY}/end" not in [form.action for form in forms_of(text)]


async def test_nobody_else_sees_or_ends_them(
    signed_in: None, ada: Visitor, phone: Visitor, mallory: Visitor
) -> None:
    hers = {row["id"] for row in await run_sql("SELECT id FROM session WHERE browser <> ''")}
    own = await mallory.open(SECURITY)
    token = forms_of((await mallory.open("/account")).text)[0].fields["token"]
    before = await open_sessions()

    for session in hers:
        await mallory.send(f"{SECURITY}/end", {"token": token, "browser": session})
    await mallory.send(f"{SECURITY}/others", {"token": token})

    assert not any(session in own.text for session in hers)
    assert (await is_in(ada), await is_in(phone)) == (True, True)
    assert await open_sessions() == before


@pytest.mark.parametrize("path", ["end", "others"])
async def test_strangers_and_other_sites_get_nowhere(
    signed_in: None, ada: Visitor, phone: Visitor, mallory: Visitor, path: str
) -> None:
    fields = next(f.fields for f in forms_of((await ada.open(SECURITY)).text) if path in f.action)
    before = await open_sessions()

    async def status(browser: Visitor, typed: dict[str, str], **headers: str) -> int:
        return (await browser.send(f"{SECURITY}/{path}", typed, headers=headers)).status_code

    assert await status(ada, fields, **{"sec-fetch-site": "cross-site"}) == 403
    assert await status(ada, fields | {"token": ""}) == 403
    assert await status(mallory, fields) == 403
    assert (await ada.open(f"{SECURITY}/{path}")).status_code == 405
    mallory.http.cookies.delete("session")
    own = await mallory.fill("/signin", {"browser": fields.get("browser", "")})
    answer = await mallory.send(f"{SECURITY}/{path}", own)
    assert answer.headers["location"] == "/signin"
    assert await open_sessions() == before


async def test_without_a_session_or_after_it_the_page_asks_for_one(
    signed_in: None, phone: Visitor, ada: Visitor, mallory: Visitor
) -> None:
    await ada.press(await ada.open(SECURITY), f"{SECURITY}/others")
    assert (await phone.open(SECURITY)).headers["location"] == "/signin"

    late = clock.now() - timedelta(days=30)
    await run_sql("UPDATE session SET signed_in_at = {}", late)
    assert (await ada.open(SECURITY)).headers["location"] == "/signin"

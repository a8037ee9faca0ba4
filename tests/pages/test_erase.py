"""Somebody has their account erased: told before, taken back in one click, and by nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.database import run_sql
from portal.privacy.erase import erase_what_is_due
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.mails import mail_to
from tests.pages.signed_in import at_her_account
from tests.pages.signing_in import age_sessions
from tests.people import ADA
from tests.privacy.gone import pass_days

PAGES = (
    "/account",
    "/account/plan",
    "/account/invoices",
    "/account/details",
    "/account/security",
    "/account/history",
    "/account/cancel",
    "/account/data",
)
BANNER = "Your account will be erased on "


async def test_told_asked_for_and_taken_back(shop: Shop, ada: Visitor) -> None:
    customer = await at_her_account(ada)
    page = await ada.open("/account/erase")
    assert "Your plan Studio ends at once." in page.text
    assert f"31 December {(clock.now() + timedelta(days=7)).year + 10}" in page.text
    assert BANNER not in page.text
    assert await run_sql("SELECT id FROM erasure") == []

    asked = await ada.press(page, "/account/erase")

    assert asked.headers["location"] == "/account/data"
    assert "Keep my account" in await mail_to(ADA["email"], about="/account/data")
    for path in PAGES:
        assert BANNER in (await ada.open(path)).text, path
    kept = await ada.press(await ada.open("/account"), "/account/erase/undo")
    page = await ada.open(kept.headers["location"])
    assert "Your account stays, and everything in it is as it was." in page.text
    assert BANNER not in page.text
    history = (await ada.open("/account/history")).text
    assert "You asked to have your account erased." in history
    assert "You chose to keep your account." in history
    (row,) = await run_sql("SELECT status FROM customer WHERE id = {}", customer)
    assert row["status"] == "active"


@ON_SQLITE
async def test_asked_twice_it_is_one_wish(shop: Shop, ada: Visitor) -> None:
    await at_her_account(ada, plan="reader")
    page = await ada.open("/account/erase")

    for _ in range(2):
        await ada.press(page, "/account/erase")

    assert len(await run_sql("SELECT id FROM erasure")) == 1
    assert (await ada.open("/account/erase")).headers["location"] == "/account/data"


@ON_SQLITE
async def test_a_sign_in_of_long_ago_is_asked_for_again(shop: Shop, ada: Visitor) -> None:
    await at_her_account(ada, plan="reader")
    await age_sessions(timedelta(minutes=61))

    answer = await ada.press(await ada.open("/account/erase"), "/account/erase")

    assert answer.headers["location"] == "/signin"
    assert await run_sql("SELECT id FROM erasure") == []


@ON_SQLITE
@pytest.mark.parametrize("how", ["stranger", "expired", "revoked", "forged"])
async def test_nobody_else_can_ask_or_take_back(
    shop: Shop, ada: Visitor, mallory: Visitor, how: str
) -> None:
    await at_her_account(ada, plan="reader")
    page = await ada.open("/account/erase")
    if how == "expired":
        await run_sql("UPDATE session SET seen_at = {}", clock.now() - timedelta(hours=25))
    elif how == "revoked":
        await run_sql("UPDATE session SET ended_at = {}", clock.now())
    visitor = mallory if how == "stranger" else ada
    token = (await visitor.fill("/signin", {}))["token"]

    for path in ("/account/erase", "/account/erase/undo"):
        typed = {"token": "1.x" if how == "forged" else token}
        answer = await visitor.send(path, typed)
        expected = (403, None) if how == "forged" else (303, "/signin")
        assert (answer.status_code, answer.headers.get("location")) == expected, path
    assert page.status_code == 200
    assert await run_sql("SELECT id FROM erasure") == []


@ON_SQLITE
async def test_once_erased_every_page_leads_to_the_sign_in_and_tells_nothing(
    shop: Shop, ada: Visitor
) -> None:
    await at_her_account(ada, plan="reader")
    page = await ada.open("/account/erase")
    await ada.press(page, "/account/erase")
    await pass_days()
    await erase_what_is_due()

    answers = [await ada.open(path) for path in PAGES]
    back = await ada.press(page, "/account/erase")

    assert {answer.status_code for answer in (*answers, back)} == {303}
    assert {answer.headers["location"] for answer in (*answers, back)} == {"/signin"}
    assert all(answer.content == b"" for answer in answers)

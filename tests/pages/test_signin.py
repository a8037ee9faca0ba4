"""Signing in, the account page, and out again."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from portal import clock
from portal.database import run_sql
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.mails import code_in, link_in, mail_to
from tests.pages.shelves import change_site
from tests.people import ADA


@pytest.fixture
async def signed_up(shop: Shop, ada: Visitor, mallory: Visitor) -> None:
    """Ada signed up and confirmed her address, from a browser that she no longer has."""
    await ada.sign_up(ADA)
    await run_sql("UPDATE customer SET email_verified_at = {}", clock.now())
    ada.http.cookies.clear()


async def ask(visitor: Visitor, email: str) -> httpx.Response:
    """Ask for a sign-in mail."""
    return await visitor.send("/signin", await visitor.fill("/signin", {"email": email}))


async def sign_in(visitor: Visitor, email: str = ADA["email"]) -> httpx.Response:
    """Sign in by the link in the mail."""
    await ask(visitor, email)
    return await visitor.press(await visitor.open(link_in(await mail_to(email))), "")


async def test_known_and_unknown_addresses_are_answered_alike(
    signed_up: None, ada: Visitor
) -> None:
    known, unknown = await ask(ada, ADA["email"]), await ask(ada, "nobody@example.com")

    assert known.status_code == unknown.status_code == 303
    assert known.content == unknown.content
    assert [pair for pair in known.headers.raw if pair[0] != b"request-id"] == [
        pair for pair in unknown.headers.raw if pair[0] != b"request-id"
    ]


async def test_what_is_no_address_is_said_and_kept(ada: Visitor) -> None:
    page = await ask(ada, "ada@@example")

    assert page.status_code == 422
    assert 'value="ada@@example"' in page.text


async def test_the_link_signs_in_after_a_press(signed_up: None, ada: Visitor) -> None:
    answer = await sign_in(ada)
    account = await ada.open("/account")

    assert answer.headers["location"] == "/account"
    assert "Ada Lovelace" in account.text
    assert "Your trial runs until" in account.text
    assert account.headers["cache-control"] == "no-store"


async def test_looking_at_a_link_a_hundred_times_spends_nothing(
    signed_up: None, ada: Visitor, mallory: Visitor
) -> None:
    await ask(ada, ADA["email"])
    link = link_in(await mail_to(ADA["email"]))
    for _ in range(50):
        await mallory.open(link)
        assert (await ada.http.head(link)).status_code == 200

    assert (await ada.press(await ada.open(link), "")).headers["location"] == "/account"


async def test_in_another_browser_the_code_is_shown_only_after_a_press(
    signed_up: None, ada: Visitor, mallory: Visitor
) -> None:
    await ask(ada, ADA["email"])
    mail = await mail_to(ADA["email"])
    for _ in range(20):
        page = await mallory.open(link_in(mail))
        assert re.sub(r"\D", "", code_in(mail)) not in re.sub(r"\s", "", page.text)

    shown = await mallory.press(page, f"{link_in(mail)}/code")
    answer = await ada.press(
        await ada.open("/signin/check"), "/signin/code", code=_large(shown.text)
    )

    assert shown.headers["cache-control"] == "no-store"
    assert answer.headers["location"] == "/account"


async def test_a_code_is_not_to_be_had_by_looking_nor_from_elsewhere_nor_of_a_spent_link(
    signed_up: None, ada: Visitor, mallory: Visitor
) -> None:
    await ask(ada, ADA["email"])
    link = link_in(await mail_to(ADA["email"]))
    page = await mallory.open(link)
    form = forms_of(page.text)[1]

    assert (await mallory.open(form.action)).status_code == 405
    assert (await ada.send(form.action, form.fields)).status_code == 403
    assert (await mallory.send(form.action, {"token": ""})).status_code == 403
    await ada.press(await ada.open(link), "")
    spent = await mallory.send(form.action, form.fields)
    unknown = await mallory.send(f"/signin/link/{'A' * 43}/code", form.fields)

    assert spent.status_code == unknown.status_code == 410
    assert 'class="code"' not in spent.text + unknown.text


def _large(html: str) -> str:
    found = re.search(r'<p class="code">([\d ]+)</p>', html)
    assert found
    return found[1]


async def test_a_link_works_once(signed_up: None, ada: Visitor) -> None:
    await ask(ada, ADA["email"])
    page = await ada.open(link_in(await mail_to(ADA["email"])))
    await ada.press(page, "")

    again = await ada.press(page, "")

    assert again.status_code == 410
    assert "This link no longer works" in again.text


async def test_a_made_up_link_is_spent(ada: Visitor) -> None:
    for token in ["x", "%00", "A" * 43, "é" * 43, "..%2f"]:
        page = await ada.open(f"/signin/link/{token}")
        assert page.status_code in (200, 404)
        assert forms_of(page.text) == []


async def test_the_code_signs_in_the_browser_that_asked(
    signed_up: None, ada: Visitor, mallory: Visitor
) -> None:
    await ask(ada, ADA["email"])
    code = code_in(await mail_to(ADA["email"]))
    await ask(mallory, "nobody@example.com")

    stolen = await mallory.press(await mallory.open("/signin/check"), "/signin/code", code=code)
    own = await ada.press(await ada.open("/signin/check"), "/signin/code", code=code)

    assert stolen.status_code == 422
    assert own.headers["location"] == "/account"


async def test_a_wrong_code_is_said_at_the_field(signed_up: None, ada: Visitor) -> None:
    await ask(ada, ADA["email"])

    page = await ada.press(await ada.open("/signin/check"), "/signin/code", code="0000 ٠٠٠é")

    assert page.status_code == 422
    assert "That code is not right. Check the newest email, or ask for another." in page.text


async def test_too_many_codes_are_said_at_the_field_with_what_to_do(
    signed_up: None, shop: Shop, ada: Visitor
) -> None:
    await change_site(shop, limits='{"codes_per_minute": 1}')
    await ask(ada, ADA["email"])
    page = await ada.open("/signin/check")
    await ada.press(page, "/signin/code", code="0000 0000")

    page = await ada.press(page, "/signin/code", code="0000 0001")

    assert page.status_code == 429
    assert "Wait a few minutes and try again." in page.text
    assert 'name="code"' in page.text


async def test_a_planted_session_is_worth_nothing_after_the_sign_in(
    signed_up: None, ada: Visitor
) -> None:
    planted = "A" * 43
    ada.http.cookies.set("session", planted, domain="127.0.0.1")
    await sign_in(ada)

    assert [cookie for cookie in ada.http.cookies.jar if cookie.value == planted] == []
    rows = await run_sql("SELECT id FROM session")
    assert len(rows) == 1
    assert rows[0]["id"] not in {cookie.value for cookie in ada.http.cookies.jar}


async def test_without_a_session_the_account_asks_for_one(mallory: Visitor) -> None:
    assert (await mallory.open("/account")).headers["location"] == "/signin"


async def test_billing_needs_a_sign_in_of_the_last_hour(signed_up: None, ada: Visitor) -> None:
    await sign_in(ada)
    page = await ada.open("/account")

    fresh = await ada.press(page, "/account/billing")
    await run_sql("UPDATE session SET signed_in_at = {}", clock.now() - timedelta(minutes=61))
    stale = await ada.press(page, "/account/billing")

    assert "/p/session/" in fresh.headers["location"]
    assert stale.headers["location"] == "/signin"


async def test_billing_says_so_when_stripe_does_not_answer(
    signed_up: None, shop: Shop, ada: Visitor
) -> None:
    await sign_in(ada)
    page = await ada.open("/account")
    await shop.stripe.fault(match="POST /v1/billing_portal/*", fault="status", status=500)

    answer = await ada.press(page, "/account/billing")

    assert answer.status_code == 503
    assert 'href=""' not in answer.text
    assert "The payment service does not answer just now." in answer.text
    assert answer.headers["retry-after"] == "5"


async def test_signing_out_ends_it_here_and_there(signed_up: None, ada: Visitor) -> None:
    await sign_in(ada)
    kept = list(ada.http.cookies.jar)

    answer = await ada.press(await ada.open("/account"), "/signout")

    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert answer.headers["location"] == "/"
    assert (await ada.open("/account")).headers["location"] == "/signin"
    for cookie in kept:
        ada.http.cookies.jar.set_cookie(cookie)
    assert (await ada.open("/account")).headers["location"] == "/signin"


async def test_the_first_sign_in_ends_what_a_stranger_began_with_the_address(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    begun = await mallory.sign_up(ADA, "?plan=reader")
    await sign_in(ada)

    assert (await mallory.open(begun.headers["location"])).headers["location"] == "/signin"
    again = await mallory.sign_up(ADA, "?plan=reader")
    assert again.headers["location"] == "/signup/check-inbox"

"""Who was asked to sign in first goes on to the page that was wanted, and never elsewhere."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.mails import link_in, mail_to
from tests.pages.signed_in import at_her_account
from tests.pages.signing_in import age_sessions
from tests.people import ADA


async def asked_to_sign_in(browser: Visitor, path: str) -> None:
    answer = await browser.open(path)
    assert answer.headers["location"] == "/signin"


async def signs_in(browser: Visitor) -> httpx.Response:
    """Have Ada sign in for the first time; returns the answer to her press."""
    await browser.send("/signin", await browser.fill("/signin", {"email": ADA["email"]}))
    return await browser.press(await browser.open(link_in(await mail_to(ADA["email"]))), "")


@pytest.mark.parametrize("path", ["/account/invoices", "/account/security", "/account/cancel"])
async def test_signing_in_leads_to_the_page_that_was_wanted(
    shop: Shop, ada: Visitor, path: str
) -> None:
    await ada.sign_up(ADA)
    await asked_to_sign_in(ada, path)

    assert (await signs_in(ada)).headers["location"] == path
    assert "next" not in ada.http.cookies


async def test_an_old_sign_in_is_renewed_for_the_page_that_asked(shop: Shop, ada: Visitor) -> None:
    await at_her_account(ada)
    form = await ada.fill("/account/email", {"email": "ada@new.example"})
    await age_sessions(timedelta(hours=2))

    answer = await ada.send("/account/email", form)

    assert answer.headers["location"] == "/signin"
    assert ada.http.cookies["next"] == "account.email"


@pytest.mark.parametrize(
    "wanted", ["signout", "pricing", "account.invoice", "https.evil.example", "account.nothing"]
)
async def test_a_cookie_that_names_anything_else_leads_to_the_account(
    shop: Shop, ada: Visitor, wanted: str
) -> None:
    await ada.sign_up(ADA)
    ada.http.cookies.set("next", wanted)

    assert (await signs_in(ada)).headers["location"] == "/account"


async def test_a_single_invoice_leads_to_the_account(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA)
    await asked_to_sign_in(ada, "/account/invoices/in_1")

    assert (await signs_in(ada)).headers["location"] == "/account"

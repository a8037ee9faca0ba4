"""Passkeys at the door: for whoever has just signed in, from our own pages, where offered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from html import unescape
from re import search

import httpx
import pytest

from portal import clock
from portal.database import run_sql
from portal.settings import configure
from tests.access.authenticator import Authenticator
from tests.limits import NO_LIMITS
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.shelves import change_site
from tests.pages.test_security import sign_in
from tests.people import ADA

HERE, SECURITY = "http://localhost:8000", "/account/security"


@pytest.fixture
async def device(shop: Shop, ada: Visitor) -> Authenticator:
    """Ada is signed in where passkeys are offered, and her device can make them."""
    configure(base_url=HERE)
    await change_site(shop, passkeys="on", limits=json.dumps(NO_LIMITS))
    await ada.sign_up(ADA)
    await sign_in(ada, ADA["email"])
    return Authenticator(HERE)


def asked(page: httpx.Response) -> str:
    found = search(r'data-options="([^"]+)"', page.text)
    assert found
    return unescape(found[1])


async def add(browser: Visitor, device: Authenticator) -> httpx.Response:
    page = await browser.open(SECURITY)
    fields = forms_of(page.text)[-1].fields
    return await browser.send(
        f"{SECURITY}/passkey", fields | {"answer": device.create(asked(page))}
    )


async def use(browser: Visitor, device: Authenticator) -> httpx.Response:
    page = await browser.open("/signin")
    fields = forms_of(page.text)[0].fields
    return await browser.send("/signin/passkey", fields | {"answer": device.get(asked(page))})


async def test_ada_adds_a_passkey_signs_in_by_it_and_removes_it(
    device: Authenticator, ada: Visitor, mallory: Visitor
) -> None:
    assert (await add(ada, device)).headers["location"] == SECURITY
    assert (await use(mallory, device)).headers["location"] == "/account"
    assert "Lovelace" in (await mallory.open("/account/details")).text

    again = await add(ada, device)
    assert again.status_code == 422
    assert "That passkey did not work." in again.text
    await ada.press(await ada.open(SECURITY), f"{SECURITY}/passkey/remove")

    refused = await use(ada, device)
    assert refused.status_code == 422
    assert "That passkey did not work. Try again, or sign in by mail." in refused.text
    assert await run_sql("SELECT id FROM passkey") == []


async def test_long_after_the_sign_in_none_is_added_or_removed(
    device: Authenticator, ada: Visitor
) -> None:
    await add(ada, device)
    (kept,) = await run_sql("SELECT * FROM passkey")
    page = await ada.open(SECURITY)
    fields = forms_of(page.text)[-1].fields
    other = replace(device, credential=b"other" * 6)
    await run_sql("UPDATE session SET signed_in_at = {}", clock.now() - timedelta(minutes=61))

    typed = fields | {"passkey": kept["id"], "answer": other.create(asked(page))}
    for path in (f"{SECURITY}/passkey", f"{SECURITY}/passkey/remove"):
        assert (await ada.send(path, typed)).headers["location"] == "/signin"
        assert path not in [form.action for form in forms_of((await ada.open(SECURITY)).text)]
    assert await run_sql("SELECT * FROM passkey") == [kept]


async def test_strangers_other_sites_and_sites_without_passkeys_get_nowhere(
    device: Authenticator, shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await add(ada, device)
    kept = await run_sql("SELECT * FROM passkey")
    paths = ("/signin/passkey", f"{SECURITY}/passkey", f"{SECURITY}/passkey/remove")
    typed = {"passkey": kept[0]["id"]}
    hers, own = await ada.fill("/account", typed), await mallory.fill("/signin", typed)

    for path in paths:
        cross = await ada.send(path, hers, headers={"sec-fetch-site": "cross-site"})
        bare, foreign = await ada.send(path, hers | {"token": ""}), await mallory.send(path, hers)
        assert (cross.status_code, bare.status_code, foreign.status_code) == (403, 403, 403)
        assert (await ada.open(path)).status_code == 405
        answer = await mallory.send(path, own)
        assert (answer.status_code, answer.headers.get("location")) in (
            (422, None),
            (303, "/signin"),
        )
    page = await mallory.open("/signin")
    await change_site(shop, passkeys="off")
    late = forms_of(page.text)[0].fields | {"answer": device.get(asked(page))}
    assert (await mallory.send("/signin/passkey", late)).status_code == 422
    assert "passkey" not in (await mallory.open("/signin")).text
    assert await run_sql("SELECT * FROM passkey") == kept

"""The password at the door: offered where a site says so, and it tells nothing of anybody."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import httpx
import pytest

from portal import clock
from portal.access import password_beat
from portal.access.password_import import keep_import, ready_import
from portal.database import run_sql
from tests.limits import NO_LIMITS
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.mails import mail_to
from tests.pages.shelves import change_site
from tests.pages.test_security import sign_in
from tests.people import ADA, MALLORY

DOOR, SECURITY = "/signin/password", "/account/security"
SECRET = "tea at five in Torquay"
NEITHER = "That email address and password do not belong together."


@pytest.fixture
async def offered(shop: Shop, ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ada is signed in at a site that offers passwords."""
    monkeypatch.setattr(password_beat, "LEAST_S", 0.001)
    await change_site(shop, passwords="on", limits=json.dumps(NO_LIMITS))
    await ada.sign_up(ADA)
    await sign_in(ada, ADA["email"])


async def set_own(browser: Visitor, typed: str = SECRET) -> httpx.Response:
    (form,) = [
        form for form in forms_of((await browser.open(SECURITY)).text)
        if form.action == f"{SECURITY}/password"
    ]  # fmt: skip
    return await browser.send(form.action, form.fields | {"password": typed})


async def enter(browser: Visitor, email: str, password: str) -> httpx.Response:
    return await browser.send(
        DOOR, await browser.fill(DOOR, {"email": email, "password": password})
    )


async def test_ada_sets_a_password_and_signs_in_by_it_elsewhere(
    offered: None, ada: Visitor, mallory: Visitor
) -> None:
    fields = [form.fields for form in forms_of((await ada.open(SECURITY)).text)]
    assert [one["username"] for one in fields if "username" in one] == [ADA["email"]]
    assert (await set_own(ada)).headers["location"] == SECURITY
    assert "set just now" in await mail_to(ADA["email"], about=SECURITY)
    assert DOOR in (await mallory.open("/signin")).text

    answer = await enter(mallory, "  ADA@lovelace.example ", SECRET)

    assert answer.headers["location"] == "/account"
    assert "Lovelace" in (await mallory.open("/account")).text
    signed_in = await run_sql("SELECT action FROM audit_entry WHERE action = 'customer.signed_in'")
    assert len(signed_in) == 2


async def test_what_is_wrong_is_said_alike_of_known_and_unknown(
    offered: None, ada: Visitor, mallory: Visitor
) -> None:
    await set_own(ada)
    typed = await mallory.fill(DOOR, {"password": "not it at all"})
    texts = []
    for email in (ADA["email"], "xyz@lovelace.example", MALLORY["email"]):
        answer = await mallory.send(DOOR, typed | {"email": email})
        names = [name for name, _ in answer.headers.raw]
        text = re.sub(r'name="token" value="[^"]+"', "", answer.text.replace(email, "…"))
        texts.append((answer.status_code, text, names))
        assert "not it at all" not in answer.text

    assert texts[0] == texts[1] == texts[2]
    assert texts[0][0] == 422
    assert NEITHER in texts[0][1]
    assert (await mallory.open("/account")).headers["location"] == "/signin"


async def test_a_mistake_is_said_at_its_field(offered: None, ada: Visitor) -> None:
    no_address = await enter(ada, "ada@@", SECRET)
    assert (no_address.status_code, 'value="ada@@"' in no_address.text) == (422, True)
    common = await set_own(ada, "password123")

    assert common.status_code == 422
    assert "Many people use this password" in common.text
    assert "password123" not in common.text
    assert await run_sql("SELECT customer FROM password") == []


async def test_too_many_tries_are_said_with_what_to_do(
    offered: None, shop: Shop, mallory: Visitor
) -> None:
    await change_site(shop, limits='{"codes_per_minute": 1}')
    await enter(mallory, ADA["email"], "one")

    answer = await enter(mallory, ADA["email"], "two")

    assert answer.status_code == 429
    assert "Wait a few minutes and try again." in answer.text


async def test_changing_and_removing_ask_for_a_sign_in_of_the_last_hour(
    offered: None, ada: Visitor
) -> None:
    await set_own(ada)
    forms = {form.action: form.fields for form in forms_of((await ada.open(SECURITY)).text)}
    before = await run_sql("SELECT * FROM password")
    await run_sql("UPDATE session SET signed_in_at = {}", clock.now() - timedelta(minutes=61))

    page = await ada.open(SECURITY)
    for action in (f"{SECURITY}/password", f"{SECURITY}/password/remove"):
        answer = await ada.send(action, forms[action] | {"password": "another one of hers"})
        assert answer.headers["location"] == "/signin"
        assert action not in [form.action for form in forms_of(page.text)]

    assert "sign in again first" in page.text
    assert await run_sql("SELECT * FROM password") == before


async def test_she_removes_it_and_signs_in_by_mail_again(offered: None, ada: Visitor) -> None:
    await set_own(ada)

    answer = await ada.press(await ada.open(SECURITY), f"{SECURITY}/password/remove")

    assert answer.headers["location"] == SECURITY
    assert NEITHER in (await enter(ada, ADA["email"], SECRET)).text
    assert "removed just now" in await mail_to(ADA["email"], about="removed just now")


@pytest.mark.parametrize("path", [f"{SECURITY}/password", f"{SECURITY}/password/remove", DOOR])
async def test_strangers_and_other_sites_get_nowhere(
    offered: None, ada: Visitor, mallory: Visitor, path: str
) -> None:
    await set_own(ada)
    before = await run_sql("SELECT * FROM password")
    typed = {"email": ADA["email"], "password": "mallory was here"}
    hers = await ada.fill("/account", typed)
    own = await mallory.fill("/signin", typed)

    async def status(browser: Visitor, fields: dict[str, str], **headers: str) -> int:
        return (await browser.send(path, fields, headers=headers)).status_code

    assert await status(ada, hers, **{"sec-fetch-site": "cross-site"}) == 403
    assert await status(ada, hers | {"token": ""}) == 403
    assert await status(mallory, hers) == 403
    answer = await mallory.send(path, own)
    assert (answer.headers.get("location"), NEITHER in answer.text) in (
        ("/signin", False), (None, True),
    )  # fmt: skip
    assert await run_sql("SELECT * FROM password") == before


async def test_where_no_password_is_offered_there_is_none(
    offered: None, shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await set_own(ada)
    typed = await mallory.fill(DOOR, {"email": ADA["email"], "password": SECRET})
    page = forms_of((await ada.open(SECURITY)).text)
    await change_site(shop, passwords="off")

    assert DOOR not in (await mallory.open("/signin")).text
    assert (await mallory.open(DOOR)).status_code == 404
    assert (await mallory.send(DOOR, typed)).status_code == 404
    (own,) = [form for form in page if form.action == f"{SECURITY}/password"]
    assert (await ada.send(own.action, own.fields | {"password": SECRET})).status_code == 404
    left = [form.action for form in forms_of((await ada.open(SECURITY)).text)]
    assert f"{SECURITY}/password" not in left
    await ada.press(await ada.open(SECURITY), f"{SECURITY}/password/remove")
    assert (await ada.open(SECURITY)).text.count("New password") == 0
    assert await run_sql("SELECT * FROM password") == []


async def test_an_imported_password_opens_the_door(
    offered: None, ada: Visitor, mallory: Visitor
) -> None:
    (hers,) = await run_sql("SELECT id FROM customer")
    known = "$P$984478476IagS59wHZvyQMArzfx58u."
    await keep_import(hers["id"], await ready_import(known, "bcrypt_wordpress"))

    answer = await enter(mallory, ADA["email"], "hashcat")

    assert answer.headers["location"] == "/account"
    (kept,) = await run_sql("SELECT scheme FROM password")
    assert kept["scheme"] == "argon2id"

"""A known e-mail never leads to somebody else's billing portal or data."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx

from portal import clock
from portal.database import run_sql
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Visitor, forms_of
from tests.pages.mails import code_in, link_in, mail_to, mails
from tests.pages.shelves import change_site
from tests.people import ADA, GRACE, MALLORY


async def test_mallory_with_ada_s_address_gets_the_inbox_page_and_nothing_of_hers(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await ada.sign_up(ADA)

    answer = await mallory.sign_up(MALLORY | {"email": ADA["email"].upper()})
    inbox = await mallory.open(answer.headers["location"])

    assert answer.headers["location"] == "/signup/check-inbox"
    for theirs in ("Lovelace", "cus_", "cust_", "onbo_", "/p/session", ADA["email"]):
        assert theirs not in answer.text + inbox.text + str(answer.headers)
    assert await shop.counts() == (1, 1)
    assert (await run_sql("SELECT last_name FROM customer"))[0]["last_name"] == "Lovelace"


async def test_htmx_is_answered_no_better(ada: Visitor, mallory: Visitor) -> None:
    await ada.sign_up(ADA)

    typed = await mallory.fill("/signup?plan=studio", ADA)
    answer = await mallory.send("/signup", typed, headers=HTMX)

    assert answer.headers["hx-redirect"] == "/signup/check-inbox"


async def test_ada_s_own_browser_may_send_the_form_twice(shop: Shop, ada: Visitor) -> None:
    first = await ada.sign_up(ADA)
    again = await ada.sign_up(ADA)

    assert "/p/session/" in first.headers["location"]
    assert "/p/session/" in again.headers["location"]
    assert await shop.counts() == (1, 1)


async def test_after_half_an_hour_her_browser_is_anybody_s(shop: Shop, ada: Visitor) -> None:
    first = await ada.sign_up(ADA, "?plan=reader")
    await run_sql("UPDATE flow SET created_at = {}", clock.now() - timedelta(minutes=31))

    again = await ada.sign_up(ADA)
    welcome = await ada.open(first.headers["location"])

    assert again.headers["location"] == "/signup/check-inbox"
    assert welcome.headers["location"] == "/signin"


async def test_with_before_new_and_known_addresses_answer_alike_byte_for_byte(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await ada.sign_up(ADA)
    await change_site(shop, verify_email="before")

    known = await mallory.sign_up(MALLORY | {"email": ADA["email"]})
    unknown = await mallory.sign_up(MALLORY | {"email": "grace@hopper.example"})

    assert _bytes_of(known) == _bytes_of(unknown)
    for visited in ("/signup/check-inbox", "/signin/check"):
        assert (await mallory.open(visited)).status_code == 200
    assert await shop.counts() == (1, 1)
    assert len(await run_sql("SELECT id FROM customer")) == 1
    assert "Lovelace" not in "".join(str(mail) for mail in mails())


async def test_an_address_confirmed_by_its_link_goes_on_to_the_billing_portal(
    shop: Shop, ada: Visitor
) -> None:
    await change_site(shop, verify_email="before")
    await ada.sign_up(ADA)

    page = await ada.open(link_in(await mail_to(ADA["email"])))
    answer = await ada.press(page, "")

    assert "/p/session/" in answer.headers["location"]
    assert await shop.counts() == (1, 1)
    assert (await run_sql("SELECT email_verified_at FROM customer"))[0]["email_verified_at"]
    assert (await ada.open("/account")).status_code == 200


async def test_an_address_confirmed_by_its_code_goes_on_too(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, verify_email="before")
    await ada.sign_up(ADA)

    inbox = await ada.open("/signup/check-inbox")
    answer = await ada.press(inbox, "/signin/code", code=code_in(await mail_to(ADA["email"])))

    assert "/p/session/" in answer.headers["location"]
    assert await shop.counts() == (1, 1)


async def test_a_form_that_waits_keeps_its_plan_and_code(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, verify_email="before")
    await ada.sign_up(GRACE, "?plan=house&currency=usd&interval=year")

    await ada.press(await ada.open(link_in(await mail_to(GRACE["email"]))), "")

    (subscription,) = await shop.stripe.objects("subscription")
    assert subscription["items"]["data"][0]["price"]["unit_amount"] == 50000
    assert subscription["currency"] == "usd"


async def test_the_mail_to_a_known_address_lets_its_owner_in(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await ada.sign_up(ADA)
    await mallory.sign_up(ADA)

    link = link_in(await mail_to(ADA["email"]))
    page = await ada.open(link)
    answer = await ada.send(link, forms_of(page.text)[0].fields)

    assert "Continue on this device" in page.text
    assert answer.headers["location"] == "/account"
    assert "Lovelace" in (await ada.open("/account")).text
    assert (await mallory.open("/account")).headers["location"] == "/signin"


def _bytes_of(answer: httpx.Response) -> tuple[object, ...]:
    headers = [(name, value) for name, value in answer.headers.raw if name != b"request-id"]
    return answer.status_code, answer.content, headers, re.sub(r"req_\w+", "", answer.text)

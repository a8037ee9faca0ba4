"""Another address to sign in with: the new one confirms, the old one may take it back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from portal import clock
from portal.access.asking import is_marked
from portal.access.sweep import forget_expired
from portal.access.tables import EmailChange, Password
from portal.app import Portal
from portal.customers import deliverable
from portal.database import run_sql
from portal.settings import configure
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, browser_at
from tests.pages.mails import link_in, mail_to, mails, text_of
from tests.pages.shelves import change_site
from tests.pages.signing_in import age_sessions, customer_at, sign_in
from tests.people import ADA, GRACE, MALLORY

EMAIL = "/account/email"
NEW = "ada@byron.example"


async def ask(visitor: Visitor, address: str = NEW) -> httpx.Response:
    """Ask for another address."""
    return await visitor.send(EMAIL, await visitor.fill(EMAIL, {"email": address}))


async def path_in_mail(address: str, kind: str) -> str:
    """Wait for the mail with the link of this kind and return its path."""
    found = re.search(rf"/email/{kind}/[\w-]+", await mail_to(address, about=f"/email/{kind}/"))
    assert found
    return found[0]


async def change(visitor: Visitor, address: str = NEW) -> httpx.Response:
    """Ask for another address, and confirm it."""
    await ask(visitor, address)
    page = await visitor.open(await path_in_mail(address, "confirm"))
    return await visitor.press(page, "")


async def address() -> str:
    """Return with what our one customer signs in."""
    (row,) = await run_sql("SELECT email, email_key, email_verified_at FROM customer")
    assert row["email"] == row["email_key"]
    assert row["email_verified_at"]
    return str(row["email"])


async def at_stripe(shop: Shop) -> Any:
    """Return where Stripe sends bills."""
    await shop.work_in_the_end()
    return (await shop.stripe.objects("customer"))[0]["email"]


async def test_who_confirms_a_new_address_is_known_by_it_in_this_browser(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada, ADA)
    before = ada.http.cookies["known"]

    await change(ada)

    assert is_marked(before, shop.site.company_id, ADA["email"])
    assert is_marked(ada.http.cookies["known"], shop.site.company_id, NEW)


async def test_the_new_address_confirms_and_stripe_follows(
    portal: Portal, shop: Shop, ada: Visitor
) -> None:
    async with browser_at(portal) as http:
        elsewhere = Visitor(http)
        await customer_at(ada)
        await sign_in(elsewhere)
        old = link_in(await mail_to(ADA["email"]))

        asked = await ask(ada)
        assert asked.headers["location"] == EMAIL
        assert NEW in (await ada.open(EMAIL)).text
        link = await path_in_mail(NEW, "confirm")
        for _ in range(100):
            page = await ada.open(link)
        assert await address() == ADA["email"]
        confirmed = await ada.press(page, "")

        assert confirmed.headers["location"] == f"{EMAIL}?saved"
        assert await address() == NEW
        assert (await ada.open("/account")).status_code == 200
        assert (await elsewhere.open("/account")).headers["location"] == "/signin"
        assert "no longer works" in (await elsewhere.open(old)).text
        assert (await ada.press(page, "")).status_code == 410
    assert await at_stripe(shop) == NEW
    await sign_in(ada, NEW)
    rows = await run_sql("SELECT fields FROM audit_entry WHERE action = 'customer.email_changed'")
    assert [row["fields"] for row in rows] == ['["email"]']


async def test_the_old_address_takes_it_back_for_seven_days(shop: Shop, ada: Visitor) -> None:
    await customer_at(ada)
    await change(ada)
    link = await path_in_mail(ADA["email"], "undo")
    assert NEW not in await mail_to(ADA["email"], about="/email/undo/")

    page = await ada.open(link)
    assert await address() == NEW
    undone = await ada.press(page, "")

    assert "You have your address back" in undone.text
    assert await address() == ADA["email"]
    assert (await ada.open("/account")).headers["location"] == "/signin"
    assert (await ada.press(page, "")).status_code == 410
    assert await at_stripe(shop) == ADA["email"]


@ON_SQLITE
async def test_after_seven_days_it_is_too_late_and_then_forgotten(shop: Shop, ada: Visitor) -> None:
    await customer_at(ada)
    await change(ada)
    page = await ada.open(await path_in_mail(ADA["email"], "undo"))
    await forget_expired()
    assert await EmailChange.count() == 1
    week_ago = clock.now() - timedelta(days=7)
    await run_sql("UPDATE email_change SET confirmed_at = {}", week_ago)

    assert (await ada.press(page, "")).status_code == 410

    assert await address() == NEW
    await run_sql("UPDATE email_change SET confirmed_at = {}", week_ago - timedelta(days=1))
    await forget_expired()
    assert await EmailChange.count() == 0


@ON_SQLITE
async def test_who_stole_a_session_cannot_undo_her_undoing(shop: Shop, ada: Visitor) -> None:
    await customer_at(ada)
    await change(ada, "mallory@trudy.example")
    await change(ada, "trudy@trudy.example")
    (row,) = await run_sql("SELECT id FROM customer")
    known = Password(customer=row["id"], scheme="argon2id", hash="x", set_at=clock.now())
    await Password.insert(known)
    hers = await ada.open(await path_in_mail(ADA["email"], "undo"))
    mallorys = await ada.open(await path_in_mail("mallory@trudy.example", "undo"))

    await ada.press(hers, "")

    assert (await ada.press(mallorys, "")).status_code == 410
    assert await address() == ADA["email"]
    assert await Password.count() == 0


@ON_SQLITE
async def test_a_link_is_for_who_asked_and_for_an_hour(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await customer_at(ada)
    await ask(ada)
    link = await path_in_mail(NEW, "confirm")
    page = await ada.open(link)
    for is_customer in (False, True):
        if is_customer:
            await customer_at(mallory, MALLORY)
        token = (await mallory.fill("/signin", {}))["token"]
        seen = await mallory.open(link)
        assert "Open this link where you are signed in" in seen.text
        assert NEW not in seen.text
        assert (await mallory.send(link, {"token": token})).status_code in (403, 410)
    assert (await ada.send(link, {"token": "1.x"})).status_code == 403
    late = clock.now() - timedelta(minutes=61)
    await run_sql("UPDATE email_change SET created_at = {}", late)

    assert (await ada.press(page, "")).status_code == 410
    assert "no longer works" in (await ada.open(link)).text
    assert "no longer works" in (await ada.open(f"/email/confirm/{'x' * 43}")).text
    assert (await ada.open("/email/undo/no-token")).status_code == 200
    emails = {row["email"] for row in await run_sql("SELECT email FROM customer")}
    assert emails == {ADA["email"], MALLORY["email"]}


async def test_another_customers_address_answers_alike_and_its_owner_is_told(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await customer_at(mallory, GRACE)
    await customer_at(ada)
    shown, told = [], ""
    for asked, about in ((NEW, "/email/confirm/"), (GRACE["email"], "belongs to an account")):
        answer = await ask(ada, asked)
        page = await ada.open(EMAIL)
        said = re.sub(r"\d{10}\.[\w-]{43}", "", page.text.replace(asked, ""))
        shown.append((answer.status_code, answer.headers["location"], said))
        # Who asks again before the mail is sent has asked for the last one only.
        told = await mail_to(asked, about=about)

    assert shown[0] == shown[1]
    assert "/email/confirm/" not in told
    assert "Lovelace" not in told


@ON_SQLITE
async def test_who_signs_up_with_it_meanwhile_keeps_it(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await customer_at(ada)
    await ask(ada)
    page = await ada.open(await path_in_mail(NEW, "confirm"))
    await mallory.sign_up(MALLORY | {"email": NEW})

    taken = await ada.press(page, "")

    assert taken.status_code == 409
    assert "This address is in use" in taken.text
    (row,) = await run_sql("SELECT last_name FROM customer WHERE email = {}", NEW)
    assert row["last_name"] == "Trudy"


@ON_SQLITE
async def test_a_change_asks_for_a_sign_in_of_the_last_hour(shop: Shop, ada: Visitor) -> None:
    await customer_at(ada)
    await age_sessions(timedelta(minutes=61))

    assert (await ask(ada)).headers["location"] == "/signin"

    assert await EmailChange.count() == 0


@ON_SQLITE
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("ada", "Enter an email address like"),
        ("", "Enter your email address."),
        (ADA["email"].upper(), "You sign in with this address already."),
    ],
)
async def test_an_address_that_cannot_be_is_told_at_its_field(
    shop: Shop, ada: Visitor, typed: str, said: str
) -> None:
    await customer_at(ada)

    page = await ask(ada, typed)

    assert page.status_code == 422
    assert said in page.text
    assert f'value="{typed}"' in page.text


@ON_SQLITE
async def test_one_address_is_written_to_seldom_and_nobody_is_told(
    shop: Shop, ada: Visitor
) -> None:
    await change_site(shop, limits='{"sign_ins_per_minute": 100, "sign_ins_per_hour": 100}')
    await customer_at(ada)

    answers = [await ask(ada) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {303}
    await shop.work_in_the_end()
    assert len([mail for mail in mails() if "/email/confirm/" in text_of(mail)]) <= 3


@ON_SQLITE
async def test_an_address_no_mail_can_reach_and_too_many_tries_are_told(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)
    configure(check_email_dns=True)
    deliverable._keep("nowhere.example", answer=False)
    unreachable = await ask(ada, "ada@nowhere.example")
    configure(check_email_dns=False)
    deliverable.forget_answers()

    answers = [await ask(ada, f"ada{number}@byron.example") for number in range(4)]

    assert (unreachable.status_code, answers[-1].status_code) == (422, 429)
    assert "No mail can reach this address" in unreachable.text
    assert "That was a lot of tries" in answers[-1].text
    unknown = f"/email/undo/{'x' * 43}"
    token = (await ada.fill(EMAIL, {}))["token"]
    assert (await ada.send(unknown, {"token": token})).status_code == 410
    assert (await ada.send("/email/confirm/none", {"token": token})).status_code == 410


async def test_bills_go_where_she_says_and_nobody_signs_in_by_that(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await customer_at(ada)
    billing = f"{EMAIL}/billing"
    bills = "bills@lovelace.example"

    saved = await ada.send(billing, await ada.fill(EMAIL, {"billing_email": bills}, form=1))

    assert saved.headers["location"] == f"{EMAIL}?saved"
    assert await at_stripe(shop) == bills
    await change(ada)
    assert (await at_stripe(shop), await address()) == (bills, NEW)
    await ada.send("/account/details", await ada.fill("/account/details", {"city": "Leeds"}))
    assert await at_stripe(shop) == bills
    before = len(mails())
    await mallory.send("/signin", await mallory.fill("/signin", {"email": bills}))
    await shop.work_in_the_end()
    assert len(mails()) == before
    await ada.send(billing, await ada.fill(EMAIL, {"billing_email": ""}, form=1))
    assert await at_stripe(shop) == NEW
    wrong = await ada.send(billing, await ada.fill(EMAIL, {"billing_email": "no"}, form=1))
    assert wrong.status_code == 422

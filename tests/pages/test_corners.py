"""What happens seldom, and must still be right."""

from __future__ import annotations

import asyncio

import pytest

from portal.customers import deliverable
from portal.customers.tables import Customer
from portal.database import run_sql
from portal.plans.tables import Price
from portal.settings import configure
from portal.sites.tables import Site
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.mails import link_in, mail_to
from tests.pages.shelves import change_site, refreshed
from tests.people import ADA


async def sign_in(visitor: Visitor) -> None:
    """Ask for a link and use it."""
    await visitor.send("/signin", await visitor.fill("/signin", {"email": ADA["email"]}))
    await visitor.press(await visitor.open(link_in(await mail_to(ADA["email"]))), "")


async def test_a_domain_without_mail_is_said_at_the_field(ada: Visitor) -> None:
    configure(check_email_dns=True)
    deliverable._keep("nowhere.example", answer=False)
    typed = await ada.fill("/signup?plan=studio", ADA | {"email": "ada@nowhere.example"})

    page = await ada.send("/signup", typed)
    part = await ada.send("/signup/field/email", typed)

    assert page.status_code == 422
    assert "No mail can reach this address" in page.text
    assert "No mail can reach this address" in part.text
    deliverable.forget_answers()


async def test_an_address_that_is_none_is_not_asked_about(ada: Visitor) -> None:
    configure(check_email_dns=True)

    assert (await ada.sign_up(ADA | {"email": "ada"})).status_code == 422


async def test_a_signed_in_customer_reads_the_welcome_page_anywhere(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await mallory.sign_up(ADA | {"email": "mallory@trudy.example"})
    theirs = (await run_sql("SELECT id FROM onboarding"))[0]["id"]
    await ada.sign_up(ADA)
    ada.http.cookies.clear()
    await sign_in(ada)

    assert "Your trial runs until" in (await ada.open("/welcome")).text
    assert (await ada.open(f"/welcome?onboarding={theirs}")).headers["location"] == "/signin"


async def test_an_account_without_a_plan_says_so(shop: Shop, ada: Visitor) -> None:
    answer = await ada.sign_up(ADA, "")
    await sign_in(ada)

    assert "no plan yet" in (await ada.open(answer.headers["location"])).text
    assert "no plan yet" in (await ada.open("/account")).text


async def test_a_welcome_before_stripe_answered_says_that_it_is_checking(
    shop: Shop, ada: Visitor
) -> None:
    await shop.worker.stop()
    typed = await ada.fill("/signup?plan=reader", ADA)
    await ada.send("/signup", typed)
    onboarding = (await run_sql("SELECT id FROM onboarding"))[0]["id"]

    page = await ada.open(f"/welcome?onboarding={onboarding}")

    assert "We are checking how your plan stands." in page.text
    assert "every 2s" in page.text


async def test_two_presses_at_once_make_one_session(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA)
    await ada.send("/signin", await ada.fill("/signin", {"email": ADA["email"]}))
    page = await ada.open(link_in(await mail_to(ADA["email"])))

    answers = await asyncio.gather(*(ada.press(page, "") for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410]
    assert len(await run_sql("SELECT id FROM session WHERE ended_at IS NULL")) == 1


async def test_a_site_that_is_gone_is_forgotten_by_its_cookie(shop: Shop, ada: Visitor) -> None:
    await ada.open("/?site=america")
    await Site.update({Site.key: "elsewhere"}).where(Site.id == "site_2")
    await refreshed(shop)

    assert "Acme Tea US" not in (await ada.open("/signin")).text


async def test_a_site_s_logo_may_be_shown_from_where_it_is(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, brand='{"logo": "https://cdn.acme.example/logo.svg"}')

    page = await ada.open("/signin")

    assert (
        "img-src 'self' data: https://cdn.acme.example;"
        in (page.headers["content-security-policy"])
    )


async def test_a_plan_sold_in_one_other_currency_is_sold_in_that(shop: Shop, ada: Visitor) -> None:
    await Price.delete().where(Price.plan == "plan_studio", Price.currency == "eur")
    await refreshed(shop)

    assert (await ada.fill("/signup?plan=studio", {}))["currency"] == "usd"


@pytest.mark.usefixtures("key_seen")
async def test_a_code_that_cannot_be_one_is_not_asked_of_stripe(shop: Shop, ada: Visitor) -> None:
    before = len(await shop.stripe.calls())
    page = await ada.sign_up(ADA | {"coupon": "x" * 300})

    assert page.status_code == 422
    assert len(await shop.stripe.calls()) == before
    assert await Customer.count() == 0


async def test_a_form_opened_again_without_a_reason_shows_what_was_said(
    shop: Shop, ada: Visitor
) -> None:
    await ada.sign_up(ADA)
    onboarding = (await run_sql("SELECT id FROM onboarding"))[0]["id"]

    page = await ada.open(f"/signup?again={onboarding}")

    assert forms_of(page.text)[0].fields["last_name"] == "Lovelace"
    assert "There is a problem" not in page.text

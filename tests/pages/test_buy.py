"""Who is signed in and has no plan buys one on their own pages, as in a sign-up, and once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.onboarding import next_stop
from portal.pages import buy
from portal.privacy.erasure import ask_erasure, take_back
from portal.subscriptions.hold import OVER
from portal.subscriptions.refresh import refresh
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Form, Visitor, forms_of
from tests.pages.members import become_member
from tests.pages.shelves import change_site
from tests.pages.signed_in import at_her_account
from tests.pages.signing_in import age_sessions
from tests.pages.test_onward import asked_to_sign_in, signs_in
from tests.people import ADA, MALLORY

pytestmark = ON_SQLITE

HOUSE = "/account/order?plan=house&interval=month&currency=eur"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for Stripe as long as a slow machine takes."""
    monkeypatch.setattr(buy, "PATIENCE_S", 30.0)
    monkeypatch.setattr(next_stop, "PORTAL_S", 30.0)


async def end_plans(shop: Shop) -> None:
    """Have every plan end at Stripe, and our copies follow."""
    v1 = (await gateway_of(shop.site.company_id)).v1
    for held in await shop.stripe.objects("subscription"):
        if held["status"] not in OVER:
            await v1.subscriptions.cancel_async(held["id"])
    for row in await run_sql("SELECT id FROM customer"):
        await refresh(row["id"])


def order_on(page: httpx.Response) -> Form:
    """Return the form of a page that orders what it shows."""
    assert page.status_code in (200, 422), page.text
    (form,) = [form for form in forms_of(page.text) if form.fields.get("terms_shown")]
    return form


async def bought(shop: Shop) -> list[dict[str, Any]]:
    await shop.work_in_the_end()
    held = await shop.stripe.objects("subscription")
    return [one for one in held if one["status"] not in OVER]


async def test_who_left_their_plan_buys_another_and_pays_it_as_after_a_sign_up(
    shop: Shop, ada: Visitor
) -> None:
    await at_her_account(ada)
    await end_plans(shop)

    assert "Choose a plan" in (await ada.open("/account")).text
    pricing = await ada.open("/")
    assert {form.action for form in forms_of(pricing.text)} == {"/account/order"}
    assert "14-day trial" not in pricing.text
    page = await ada.open("/account/order?plan=studio&interval=month&currency=eur")
    assert "this one begins at once, without a trial" in page.text
    assert "You order Studio and owe €12.00 today" in page.text
    assert "You can withdraw from the contract within 14 days" in page.text
    assert "Order with obligation to pay</button>" in page.text

    order = order_on(page).fields
    answer = await ada.send("/account/order", order)
    again = await ada.send("/account/order", order, headers=HTMX)
    assert (answer.status_code, again.status_code) == (303, 200)
    assert "/p/session/" in answer.headers["location"]
    assert "/p/session/" in again.headers["hx-redirect"]
    (held,) = await bought(shop)
    assert (held["status"], held["trial_end"]) == ("incomplete", None)
    told = await ada.open(HOUSE)
    assert told.status_code == 409
    assert "You have a plan already." in told.text

    # Who ended that one, too, and sends the page of before once more, is sold nothing.
    await end_plans(shop)
    await ada.send("/account/order", order)
    assert await bought(shop) == []


async def test_a_card_on_file_is_named_and_pays_at_once(shop: Shop, ada: Visitor) -> None:
    await become_member(shop, ada)
    await end_plans(shop)
    page = await ada.open(HOUSE)
    assert "Visa ending in 4242" in page.text

    answer = await ada.send("/account/order", order_on(page).fields)
    assert answer.headers["location"].startswith("/welcome?onboarding=onbo_")
    async with asyncio.timeout(30):
        while [one["status"] for one in await bought(shop)] != ["active"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert "Your plan is active" in (await ada.open(answer.headers["location"])).text


async def test_who_never_had_a_plan_tries_one_first_with_a_code_and_the_terms(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await shop.coupon(percent_off=25, duration="once", code="SPRING")
    await at_her_account(ada, plan="")
    await at_her_account(mallory, MALLORY, plan="reader")
    await change_site(shop, terms_url="https://acme.example/terms", terms_version="7")
    await run_sql("DELETE FROM consent")
    await age_sessions(timedelta(hours=2))
    page = await ada.open("/account/order?plan=studio&interval=month&currency=eur&coupon=SPRING")
    assert "Start 14-day trial" in (await ada.open("/")).text
    assert "€9.00" in page.text

    order = order_on(page).fields
    unticked = await ada.send("/account/order", order)
    assert unticked.status_code == 422
    assert "Agree to the terms to go on." in unticked.text
    other = await ada.send("/account/order", order | {"terms": "on", "interval": "year"})
    assert "The order has changed." in other.text
    assert len(await bought(shop)) == 1

    answer = await ada.send("/account/order", order | {"terms": "on"})
    held, _mallorys = sorted(await bought(shop), key=lambda one: one["status"], reverse=True)
    assert (held["status"], len(held["discounts"])) == ("trialing", 1)
    (consent,) = await run_sql("SELECT kind, text_version FROM consent")
    assert tuple(consent.values()) == ("terms", "7")
    # Her sign-in is two hours old: she is told what she has, and led nowhere else.
    assert answer.headers["location"].startswith("/welcome?onboarding=onbo_")
    onboarding = answer.headers["location"].partition("=")[2]
    seen = await mallory.open(f"/signup/status/{onboarding}")
    assert seen.headers["location"] == "/signin"


async def test_the_order_waits_for_who_has_to_sign_in_first(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA, "?plan=reader")
    await shop.work_in_the_end()
    await end_plans(shop)

    await asked_to_sign_in(ada, "/account/order?plan=house&interval=year&nothing=more")
    assert (await signs_in(ada)).headers["location"] == "/account/order?plan=house&interval=year"
    form = order_on(await ada.open(HOUSE)).fields
    ada.http.cookies.delete("session")
    assert (await ada.send("/account/order", form)).headers["location"] == "/signin"
    assert ada.http.cookies["next"].startswith("account.order~")
    assert await bought(shop) == []


async def test_who_cannot_buy_reads_why(shop: Shop, ada: Visitor) -> None:
    customer = await at_her_account(ada, plan="reader")
    await end_plans(shop)
    form = order_on(await ada.open(HOUSE)).fields

    async def told(words: str) -> None:
        for answer in (await ada.open(HOUSE), await ada.send("/account/order", form)):
            assert answer.status_code == 409
            assert words in answer.text

    await ask_erasure(customer)
    await told("Your account will be erased. Keep it first")
    await take_back(customer)
    await run_sql("UPDATE customer SET site = 'site_2'")
    await told("You are a customer of another of our shops.")
    await run_sql("UPDATE customer SET site = 'site_1', status = 'detached'")
    await told("Your billing account was closed.")
    await run_sql("UPDATE customer SET status = 'active'")
    assert (await ada.send("/account/order", form | {"token": "1.x"})).status_code == 403
    assert await bought(shop) == []

    # The control: nobody is in the way, and it is sold.
    assert (await ada.send("/account/order", form)).status_code == 303
    assert len(await bought(shop)) == 1

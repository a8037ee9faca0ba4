"""What is due is told on the account, with the way to pay it."""

from __future__ import annotations

from datetime import timedelta

from portal import clock
from portal.database import run_sql
from tests.journeys.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.members import add_card, become_member, pass_days


@ON_SQLITE
async def test_a_renewal_that_failed_is_told_with_the_way_to_pay(shop: Shop, ada: Visitor) -> None:
    await become_member(shop, ada)
    assert "/account/pay" not in (await ada.open("/account")).text
    await add_card(shop, "pm_card_chargeCustomerFail")
    await pass_days(shop, 32)
    await ada.open("/account")
    await shop.work_in_the_end()

    account = await ada.open("/account")
    left = await ada.press(account, "/account/pay")

    assert "Your card was declined and €49.00 is due." in account.text
    assert left.headers["location"].startswith(shop.stripe.url.partition("/accounts")[0])
    assert left.headers["cache-control"] == "no-store"


@ON_SQLITE
async def test_only_a_fresh_sign_in_leads_there(shop: Shop, ada: Visitor, mallory: Visitor) -> None:
    await become_member(shop, ada, card=None)
    account = await ada.open("/account")
    token = forms_of((await mallory.open("/signin")).text)[0].fields["token"]

    assert (await mallory.send("/account/pay", {"token": token})).headers["location"] == "/signin"
    await run_sql("UPDATE session SET signed_in_at = {}", clock.now() - timedelta(minutes=61))
    stale = await ada.press(account, "/account/pay")
    assert stale.headers["location"] == "/signin"


@ON_SQLITE
async def test_where_nothing_is_due_it_leads_back(shop: Shop, ada: Visitor) -> None:
    await become_member(shop, ada)
    page = await ada.open("/account/cancel")

    answer = await ada.send("/account/pay", forms_of(page.text)[0].fields)

    assert answer.headers["location"] == "/account"

"""What is due is told on the account, with the way to pay it."""

from __future__ import annotations

from datetime import timedelta

from portal import clock
from portal.database import run_sql
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.members import add_card, become_member, pass_days

OWN_PAGES = (
    "/account/details", "/account/shipping", "/account/email", "/account/preferences",
    "/account/security", "/account/history",
)  # fmt: skip
_LATE = "Your last payment did not go through: €49.00 is due."


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


@ON_SQLITE
async def test_a_renewal_that_failed_is_told_on_every_page_and_asks_stripe_nothing(
    shop: Shop, ada: Visitor
) -> None:
    await become_member(shop, ada)
    assert _LATE not in (await ada.open("/account/history")).text
    await add_card(shop, "pm_card_chargeCustomerFail")
    await pass_days(shop, 32)
    await ada.open("/account")
    await shop.work_in_the_end()
    asked = len(await shop.stripe.calls())

    pages = [await ada.open(path) for path in OWN_PAGES]
    pages_asked = len(await shop.stripe.calls()) - asked
    left = await ada.press(pages[0], "/account/pay")

    assert all(_LATE in page.text for page in pages)
    assert pages_asked == 0
    assert left.headers["location"].startswith(shop.stripe.url.partition("/accounts")[0])
    for path in ("/account/plan", "/account/cancel", "/account/invoices"):
        assert _LATE in (await ada.open(path)).text
    for path in ("/account", "/account/pay"):
        assert _LATE not in (await ada.open(path)).text


@ON_SQLITE
async def test_the_page_that_mails_lead_to_asks_who_it_is_and_has_the_buttons(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await become_member(shop, ada)
    paid = await ada.open("/account/pay?site=1")
    await add_card(shop, "pm_card_chargeCustomerFail")
    await pass_days(shop, 32)

    stranger = await mallory.open("/account/pay?site=1")
    trying = await ada.open("/account/pay?site=1")
    await shop.work_in_the_end()
    due = await ada.open("/account/pay?site=1")

    assert "Nothing is due." in paid.text
    assert stranger.headers["location"] == "/signin"
    assert mallory.http.cookies.get("next") == "account.payment"
    assert "We are taking the payment of €49.00." in trying.text
    assert "Your card was declined and €49.00 is due." in due.text
    actions = {form.action for form in forms_of(due.text)}
    assert {"/account/pay", "/account/billing"} <= actions
    assert "stripe.com" not in due.text

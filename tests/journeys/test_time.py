"""Time passes at Stripe, and the account says what became of the plan."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import Locator, Page, expect

from portal.database import run_sql
from portal.subscriptions import mails_owed
from tests.journeys.people import ADA
from tests.journeys.shop import Shop
from tests.journeys.signing_in import sign_in
from tests.journeys.steps import GOOD, go_back_without_card, heading, pay, sign_up, stands
from tests.journeys.truth import until_our_copy
from tests.pages.mails import another_mail_to, mail_to

DAY = 86_400
_TRIES = "SELECT id FROM operation WHERE kind = 'pay_invoice' ORDER BY id"


async def pass_days(shop: Shop, days: int) -> None:
    """Move Stripe's clock on."""
    await shop.stripe.control("POST", "/clock", {"advance": days * DAY})


async def test_a_trial_with_a_card_ends_and_is_paid(shop: Shop, either: Page) -> None:
    page = either
    await sign_up(page, ADA, "Studio")
    await pay(page)
    await stands(page, "Trial", re.compile("^Your trial runs until "))

    await pass_days(shop, 15)
    await until_our_copy("subscription", status="active")
    await page.reload()

    await stands(page, "Active", re.compile("^Your plan is active. €12.00 is charged on "))
    await expect(page.get_by_text("Trial ends")).to_have_count(0)


async def attach(shop: Shop, card: str) -> str:
    """Give the one customer another card, and leave the one that is charged as it is."""
    customer = (await shop.customer_at_stripe())["id"]
    path = f"payment_methods/pm_card_{card}/attach"
    return str((await shop.stripe.post(path, {"customer": customer}))["id"])


async def a_renewal_fails(shop: Shop, page: Page) -> Locator:
    """Buy a plan and sign in; a month later the card is declined. Returns where pages tell it."""
    await sign_up(page, ADA, "House")
    await pay(page)
    await sign_in(page, ADA["Email"])
    card = await attach(shop, "chargeCustomerFail")
    customer = (await shop.customer_at_stripe())["id"]
    chosen = {"invoice_settings[default_payment_method]": card}
    await shop.stripe.post(f"customers/{customer}", chosen)
    await until_our_copy("billing_profile", payment_method=card)
    await pass_days(shop, 32)
    await until_our_copy("subscription", status="past_due", payment="declined")
    return page.get_by_role("region", name="Payment")


async def test_a_renewal_that_fails_and_fails_again_is_mailed_told_on_every_page_and_paid(
    shop: Shop, either: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mails_owed, "PAUSE", timedelta(0))
    page = either
    late = await a_renewal_fails(shop, page)

    mail = await mail_to(ADA["Email"], about="/account/pay")
    await pass_days(shop, 4)
    again = await another_mail_to(ADA["Email"], about="/account/pay")
    assert again != mail, "it names the day of the next try"
    await page.goto(re.findall(r"https?://\S+(/account/pay\S*)", mail)[0])
    await expect(heading(page, "Payment")).to_be_visible()
    await expect(page.get_by_text("Your card was declined and €49.00 is due.")).to_be_visible()
    await page.get_by_role("link", name="History").click()
    await expect(late).to_contain_text("Your last payment did not go through: €49.00 is due.")
    await late.get_by_role("button", name="Pay now").click()

    await expect(page).to_have_url(re.compile(f"^{re.escape(shop.stripe.url)}/"))
    await page.get_by_text("Pay with another card").click()
    await page.get_by_label("Card number").fill(GOOD)
    await page.get_by_label("Expiration date").fill("12 / 34")
    await page.get_by_label("CVC").fill("123")
    await page.get_by_role("button", name=re.compile("with this card$")).click()
    await until_our_copy("subscription", status="active")
    await page.goto("/account/history")
    await expect(late).to_have_count(0)


async def test_a_renewal_that_fails_is_paid_when_stripe_tries_again_by_itself(
    shop: Shop, either: Page
) -> None:
    page = either
    late = await a_renewal_fails(shop, page)
    await page.goto("/account/history")
    await expect(late).to_contain_text("€49.00 is due.")
    tried = await run_sql(_TRIES)
    (plan,) = await shop.stripe.objects("subscription")

    # The seller puts a good card on the plan; none of ours is tried for it.
    good = {"default_payment_method": await attach(shop, "visa")}
    await shop.stripe.post(f"subscriptions/{plan['id']}", good)
    await pass_days(shop, 4)
    await until_our_copy("subscription", status="active", payment="")

    await page.goto("/account/invoices")
    await expect(page.get_by_text("Paid", exact=True)).to_have_count(2)
    await expect(late).to_have_count(0)
    assert await run_sql(_TRIES) == tried
    renewal = max(await shop.stripe.objects("invoice"), key=lambda one: one["created"])
    assert (renewal["status"], renewal["attempt_count"]) == ("paid", 2)


async def test_a_trial_without_a_card_ends_for_good(shop: Shop, either: Page) -> None:
    page = either
    await sign_up(page, ADA, "Studio")
    await go_back_without_card(page)

    await pass_days(shop, 15)
    await until_our_copy("subscription", status="canceled")
    await page.reload()

    await stands(page, "Ended", re.compile("^Your plan ended on "))

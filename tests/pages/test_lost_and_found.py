"""Nothing that was promised or typed is lost on the way."""

from __future__ import annotations

import json

from portal.database import run_sql
from portal.plans.coupon import forget_coupons
from portal.plans.offers import forget_offers
from portal.plans.tables import Plan
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.mails import link_in, mail_to
from tests.pages.shelves import change_site
from tests.people import ADA


async def make_coupon(shop: Shop) -> None:
    coupon = {"id": "TEA20", "percent_off": "20", "duration": "forever"}
    await shop.stripe.post("coupons", coupon)


async def test_a_code_that_was_shown_counts_when_the_address_is_confirmed(
    shop: Shop, ada: Visitor
) -> None:
    await make_coupon(shop)
    await change_site(shop, verify_email="before")
    await ada.sign_up(ADA | {"coupon": "TEA20"}, "?plan=house")
    page = await ada.open(link_in(await mail_to(ADA["email"])))
    forget_coupons()
    await shop.stripe.fault(match="GET /v1/promotion_codes", fault="status", status=500)

    await ada.press(page, "")

    (subscription,) = await shop.stripe.objects("subscription")
    assert len(subscription["discounts"]) == 1


async def test_a_price_that_was_shown_counts_when_the_address_is_confirmed(
    shop: Shop, ada: Visitor
) -> None:
    await change_site(shop, verify_email="before")
    await ada.sign_up(ADA | {"price": "pric_reader"}, "?plan=house")
    await Plan.update({Plan.visibility: "archived"}).where(Plan.key == "house")
    forget_offers()

    await ada.press(await ada.open(link_in(await mail_to(ADA["email"]))), "")

    (subscription,) = await shop.stripe.objects("subscription")
    assert subscription["items"]["data"][0]["price"]["unit_amount"] == 4900


async def test_nobody_gives_themselves_a_discount(shop: Shop, ada: Visitor) -> None:
    await make_coupon(shop)
    await change_site(shop, verify_email="before")
    mine = {
        "code": "X", "kind": "coupon", "stripe_id": "TEA20", "percent_off": 100.0,
        "amount_off": None, "currency": None, "duration": "forever", "months": None,
    }  # fmt: skip
    await ada.sign_up(ADA | {"discount": json.dumps(mine)}, "?plan=house")

    await ada.press(await ada.open(link_in(await mail_to(ADA["email"]))), "")

    (subscription,) = await shop.stripe.objects("subscription")
    assert subscription["discounts"] == []


async def test_another_email_mends_what_was_refused_where_it_is_confirmed_first(
    shop: Shop, ada: Visitor
) -> None:
    await change_site(shop, verify_email="before")
    await shop.stripe.fault(
        match="POST /v1/customers", fault="status", status=400, times=1, code="email_invalid",
        param="email",
    )  # fmt: skip
    await ada.sign_up(ADA | {"email": "ada@lovelacce.example"})
    page = await ada.open(link_in(await mail_to("ada@lovelacce.example")))
    form = await ada.open((await ada.press(page, "")).headers["location"])

    answer = await ada.press(form, "/signup", email=ADA["email"])
    assert answer.headers["location"] == "/signup/check-inbox"
    answer = await ada.press(await ada.open(link_in(await mail_to(ADA["email"]))), "")

    assert "/p/session/" in answer.headers["location"]
    rows = await run_sql("SELECT email, email_verified_at FROM customer")
    assert [row["email"] for row in rows] == [ADA["email"]]
    assert rows[0]["email_verified_at"]
    assert await shop.counts() == (1, 1)
    onboarding = (await run_sql("SELECT id FROM onboarding"))[0]["id"]
    assert (await ada.open(f"/signup/status/{onboarding}")).headers["location"] != "/signin"


async def test_a_customer_deleted_at_stripe_breaks_no_page(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA)
    await ada.send("/signin", await ada.fill("/signin", {"email": ADA["email"]}))
    await ada.press(await ada.open(link_in(await mail_to(ADA["email"]))), "")
    account = await ada.open("/account")
    (customer,) = await shop.stripe.objects("customer")
    answer = await shop.stripe.http.delete(
        f"{shop.stripe.url}/v1/customers/{customer['id']}",
        headers={"authorization": f"Bearer {shop.stripe.key}"},
    )
    answer.raise_for_status()

    pressed = await ada.press(account, "/account/billing")
    statuses = [pressed.status_code]
    for path in ("/account", "/welcome"):
        statuses.append((await ada.open(path)).status_code)
    typed = forms_of(account.text)[0].fields
    statuses.append((await ada.send("/welcome/billing", typed)).status_code)

    assert max(statuses) < 500, statuses


async def test_nobody_is_told_of_a_mail_that_is_not_under_way(shop: Shop, ada: Visitor) -> None:
    """Beyond a network's limits a mail confirms the form; beyond those too, the form comes back."""
    seen = set()
    for number in range(14):
        email = f"visitor{number}@lovelace.example"
        ada.http.cookies.clear()
        answer = await ada.sign_up(ADA | {"email": email}, "?plan=reader")
        seen.add(answer.status_code)
        if answer.headers.get("location") == "/signup/check-inbox":
            await mail_to(email)
        if answer.status_code == 429:
            assert forms_of(answer.text)[0].fields["email"] == email
            assert "Wait a few minutes" in answer.text

    assert seen == {303, 429}
    typed = await ada.fill("/signin", {"email": ADA["email"]})
    assert (await ada.send("/signin", typed)).status_code == 429

"""The sign-up form: what it keeps, what it refuses, and where it leads."""

from __future__ import annotations

import pytest

from portal.customers.tables import Consent, Customer
from portal.database import engine, open_database, run_sql, sqlite
from portal.plans import offers
from portal.sites import storefront
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Visitor, forms_of
from tests.pages.shelves import change_site
from tests.people import ADA, GRACE, MALLORY


async def test_the_form_keeps_every_choice_of_the_address(ada: Visitor) -> None:
    typed = await ada.fill("/signup?plan=studio&interval=year&currency=usd&site=2&coupon=TEA", {})

    assert (typed["plan"], typed["interval"], typed["currency"]) == ("studio", "year", "usd")
    assert (typed["site"], typed["coupon"]) == ("america", "TEA")


async def test_the_country_is_the_browser_s_else_the_site_s(ada: Visitor) -> None:
    british = await ada.open("/signup?plan=studio", headers={"accept-language": "en-GB"})

    assert forms_of(british.text)[0].fields["country"] == "GB"
    assert (await ada.fill("/signup?plan=studio", {}))["country"] == "DE"


async def test_an_unknown_choice_is_not_found(ada: Visitor) -> None:
    for query in (
        "?plan=none", "?plan=studio&interval=week", "?plan=studio&currency=xyz", "?plan=%00",
        "?plan=studio&site=nowhere", "?site=%F0%28", "?plan=studio&currency=%E2%82",
    ):  # fmt: skip
        page = await ada.open(f"/signup{query}")
        assert page.status_code == 404
        assert "<h1>" in page.text


async def test_without_a_plan_a_customer_without_one_signs_up(shop: Shop, ada: Visitor) -> None:
    answer = await ada.sign_up(ADA, "")

    assert answer.headers["location"].startswith("/welcome?onboarding=onbo_")
    assert await shop.counts() == (1, 0)


async def test_a_free_plan_leads_to_the_welcome_page(shop: Shop, ada: Visitor) -> None:
    answer = await ada.sign_up(ADA, "?plan=reader")
    welcome = await ada.open(answer.headers["location"])

    assert "Your plan is active and costs nothing." in welcome.text
    assert await shop.counts() == (1, 1)


async def test_every_mistake_is_told_at_once_and_nothing_typed_is_lost(ada: Visitor) -> None:
    wrong = ADA | {
        "email": "ada", "phone": "12", "country": "US", "state": "", "city": "",
        "postal_code": "x1", "line1": "", "first_name": "A" * 200, "coupon": "NONE",
    }  # fmt: skip
    page = await ada.sign_up(wrong)

    assert page.status_code == 422
    assert "There is a problem" in page.text
    kept = forms_of(page.text)[0].fields
    for name in ("email", "phone", "country", "postal_code", "first_name", "coupon", "last_name"):
        assert kept[name] == wrong[name]
        assert name == "last_name" or name == "country" or f'href="#{name}"' in page.text
    assert page.text.index('href="#email"') < page.text.index('href="#coupon"')
    assert "<title>Error: " in page.text
    assert await Customer.count() == 0


async def test_a_mistake_mended_leads_on(shop: Shop, ada: Visitor) -> None:
    page = await ada.sign_up(ADA | {"email": "ada"})

    answer = await ada.press(page, "/signup", email=ADA["email"])

    assert answer.status_code == 303
    assert await shop.counts() == (1, 1)


async def test_htmx_gets_the_form_alone_and_is_led_on_by_a_header(ada: Visitor) -> None:
    typed = await ada.fill("/signup?plan=studio", ADA)

    part = await ada.send("/signup", typed | {"email": "x"}, headers=HTMX)
    assert part.status_code == 422
    assert "<html" not in part.text
    assert 'value="x"' in part.text
    answer = await ada.send("/signup", typed, headers=HTMX)

    assert answer.status_code == 200
    assert "/p/session/" in answer.headers["hx-redirect"]
    assert answer.text == ""


async def test_no_address_ticks_a_box_or_answers_a_question(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, terms_url="https://acme.example/terms")
    typed = await ada.fill("/signup?plan=studio&terms=on&email_marketing=on&email=a@b.example", {})

    assert not {"terms", "email_marketing"} & set(typed)
    assert typed["email"] == ""


@pytest.mark.parametrize("token", ["", "x", "1.y", "é.ü", "9" * 40, "1763715600." + "A" * 43])
async def test_a_form_without_our_token_is_shown_again_with_what_was_typed(
    ada: Visitor, token: str
) -> None:
    typed = await ada.fill("/signup?plan=studio", ADA | {"token": token})

    page = await ada.send("/signup", typed)

    assert page.status_code == 403
    assert forms_of(page.text)[0].fields["email"] == ADA["email"]
    assert await Customer.count() == 0
    assert (await ada.press(page, "/signup")).status_code == 303


async def test_a_browser_without_cookies_is_told_so(ada: Visitor) -> None:
    typed = await ada.fill("/signup?plan=studio", ADA)
    ada.http.cookies.clear()

    page = await ada.send("/signup", typed)

    assert page.status_code == 403
    assert "your browser keeps no cookies" in page.text


async def test_a_token_of_one_site_is_none_of_another(ada: Visitor) -> None:
    typed = await ada.fill("/signup?plan=studio", ADA | {"site": "america"})

    assert (await ada.send("/signup", typed)).status_code == 403


async def test_without_javascript_the_address_changes_by_a_button(ada: Visitor) -> None:
    changed = {"country": "US", "refresh": "address"}
    typed = await ada.fill("/signup?plan=studio", ADA | changed)

    page = await ada.send("/signup", typed)

    assert page.status_code == 200
    assert "ZIP code" in page.text
    assert forms_of(page.text)[0].fields["line1"] == ADA["line1"]
    assert "There is a problem" not in page.text


async def test_the_address_follows_the_country_and_keeps_what_was_typed(ada: Visitor) -> None:
    part = await ada.send("/signup/address", ADA | {"country": "HK"}, headers=HTMX)

    assert part.status_code == 200
    assert 'name="postal_code"' not in part.text
    assert "12 St James’s Square" in part.text


async def test_parts_of_the_form_are_not_asked_for_by_an_address_that_holds_what_was_typed(
    ada: Visitor,
) -> None:
    for path in ("/signup/address", "/signup/order"):
        assert (await ada.open(path, params=ADA)).status_code == 405
        foreign = await ada.send(path, ADA, headers={"sec-fetch-site": "cross-site"})
        assert foreign.status_code == 403


async def test_one_field_is_checked_while_the_rest_is_typed(ada: Visitor) -> None:
    for field, value, said in (
        ("email", "ada@", True), ("email", "", False), ("email", "ada@gmial.com", True),
        ("email", "ada@example.com", False), ("phone", "abc", True), ("phone", "", False),
        ("postal_code", "1", True), ("tax_id", "", False),
    ):  # fmt: skip
        typed = await ada.fill("/signup?plan=studio", {"country": "GB", field: value})
        part = await ada.send(f"/signup/field/{field}", typed, headers=HTMX)
        assert part.status_code == 200
        assert bool(part.text.strip()) is said


async def test_what_was_wrong_is_checked_again_until_it_is_mended(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, terms_url="https://acme.example/terms")
    for field, right in (("line1", "12 St James’s Square"), ("city", "London"), ("terms", "on")):
        blank = await ada.fill("/signup?plan=studio", {"country": "GB"})
        for value, is_wrong in (("", True), (" ", True), (right, False)):
            part = await ada.send(f"/signup/field/{field}", blank | {field: value}, headers=HTMX)
            assert part.status_code == 200
            assert bool(part.text.strip()) is is_wrong, (field, value)


async def test_only_fields_of_the_form_are_checked(ada: Visitor) -> None:
    for field in ("website", "token", "country", "plan", "x"):
        assert (await ada.send(f"/signup/field/{field}", {field: ""})).status_code == 404


async def test_a_honeypot_answers_like_success_and_creates_nothing(
    shop: Shop, ada: Visitor
) -> None:
    answer = await ada.sign_up(ADA | {"website": "https://spam.example"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/signup/check-inbox")
    assert await Customer.count() == 0
    assert await run_sql("SELECT id FROM operation") == []


async def test_consents_are_kept_as_given(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, terms_url="https://acme.example/terms", terms_version="2026-11")

    assert (await ada.sign_up(ADA)).status_code == 422
    await ada.sign_up(ADA | {"terms": "on"})

    given = {row["kind"]: row["given"] for row in await Consent.select()}
    assert given["terms"]
    assert not given.get("email_marketing", False)


async def test_nobody_can_give_himself_what_only_the_seller_gives(shop: Shop, ada: Visitor) -> None:
    hostile = {
        "trial_days": "3650", "plan_id": "plan_house", "payment_gateway_id": "cus_1",
        "email_verified": "1", "metadata": "{}", "password": "x", "company": "comp_2",
        "stripe_id": "cus_2", "tax_rates": "", "customer": "cust_1", "amount": "0",
    }  # fmt: skip
    await ada.sign_up(ADA | hostile)

    (subscription,) = await shop.stripe.objects("subscription")
    assert subscription["items"]["data"][0]["price"]["unit_amount"] == 1200
    assert subscription["trial_end"] - subscription["start_date"] == 14 * 24 * 3600
    row = (await Customer.select())[0]
    assert (row["company"], row["email_verified_at"]) == ("comp_1", None)


async def test_too_many_tries_from_one_address_ask_for_a_mailed_yes(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await change_site(shop, limits='{"sign_ups_per_minute": 1}')

    assert "/p/session/" in (await ada.sign_up(ADA)).headers["location"]
    answer = await mallory.sign_up(GRACE)

    assert answer.headers["location"] == "/signup/check-inbox"
    assert await Customer.count() == 1
    assert len(await run_sql("SELECT id FROM sign_in_request")) == 1


async def test_the_hot_spot_is_the_last_hop_that_is_not_ours(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, limits='{"sign_ups_per_minute": 1}')
    await ada.sign_up(ADA)

    typed = await ada.fill("/signup?plan=studio", MALLORY)
    answer = await ada.send("/signup", typed, headers={"x-forwarded-for": "203.0.113.9"})

    assert answer.headers["location"] == "/signup/check-inbox"


async def test_what_cannot_be_saved_is_shown_again_and_can_be_sent_again(
    shop: Shop, ada: Visitor, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_LAST_BLOCK_S", 0.01)
    typed = await ada.fill("/signup?plan=studio", ADA)
    for remembers in (storefront, offers):
        monkeypatch.setattr(remembers, "_KEPT_S", -1.0)

    await engine().close()
    page = await ada.send("/signup", typed)
    await open_database(database, prepare=False)

    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert "We could not save that just now." in page.text
    kept = forms_of(page.text)[0].fields
    assert all(kept[name] == typed for name, typed in ADA.items() if name in kept)
    assert kept["email"] == ADA["email"]
    again = await ada.send("/signup", kept)
    assert again.status_code == 303
    assert await shop.counts() == (1, 1)

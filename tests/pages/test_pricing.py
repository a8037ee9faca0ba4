"""The pricing page."""

from __future__ import annotations

from portal.database import run_sql
from portal.plans.tables import Plan
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.shelves import refreshed


async def test_each_plan_is_a_form_that_leads_to_its_sign_up(ada: Visitor) -> None:
    page = await ada.open("/")

    plans = [form.fields["plan"] for form in forms_of(page.text)]
    assert plans == ["studio", "house", "reader"]
    assert {form.action for form in forms_of(page.text)} == {"/signup"}


async def test_both_intervals_are_shown_with_the_real_yearly_total(ada: Visitor) -> None:
    page = await ada.open("/")

    assert "€12.00" in page.text
    assert "€120.00" in page.text
    assert "Save 16%" in page.text


async def test_answers_to_questions_are_a_link_away_where_the_seller_has_any(
    shop: Shop, ada: Visitor
) -> None:
    assert "Find answers" not in (await ada.open("/")).text

    await run_sql("UPDATE company SET support_url = 'https://acme.example/help'")
    await refreshed(shop)

    page = await ada.open("/")
    assert '<a href="https://acme.example/help">Find answers</a>' in page.text


async def test_prices_are_in_the_reader_s_currency(ada: Visitor) -> None:
    for languages, expected in [
        ("de-DE,de;q=0.8", "€12.00"),
        ("en-US,en;q=0.8", "$13.00"),
        ("en", "€12.00"),
        ("ja-JP", "€12.00"),
        (";;q=,,*", "€12.00"),
    ]:
        page = await ada.open("/", headers={"accept-language": languages})
        assert expected in page.text


async def test_the_address_overrules_the_browser_s_languages(ada: Visitor) -> None:
    page = await ada.open("/?currency=USD&interval=year", headers={"accept-language": "de-DE"})

    assert "$13.00" in page.text
    assert 'value="year" id="every-year" checked' in page.text


async def test_what_is_not_on_offer_is_not_found(ada: Visitor) -> None:
    for query in ["?currency=xyz", "?interval=week", "?currency=%00", "?site=nowhere", "?site=99"]:
        page = await ada.open(f"/{query}")
        assert page.status_code == 404
        assert "<h1>" in page.text


async def test_a_site_is_named_by_id_number_or_key(ada: Visitor) -> None:
    for named in ["site_2", "2", "america"]:
        page = await ada.open(f"/?site={named}")
        assert "Acme Tea US" in page.text
        assert "$13.00" in page.text


async def test_a_site_is_found_by_its_host(ada: Visitor) -> None:
    page = await ada.open("/", headers={"host": "us.acme.example"})

    assert "Acme Tea US" in page.text


async def test_a_site_once_named_stays_for_the_pages_that_follow(ada: Visitor) -> None:
    await ada.open("/?site=america")

    assert "Acme Tea US" in (await ada.open("/signin")).text
    assert "Acme Tea US" not in (await ada.open("/signin?site=europe")).text


async def test_an_exclusive_plan_is_not_shown(shop: Shop, ada: Visitor) -> None:
    await Plan.update({Plan.visibility: "exclusive"}).where(Plan.key == "house")
    await refreshed(shop)

    assert "House" not in (await ada.open("/")).text
    assert (await ada.open("/signup?plan=house")).status_code == 404


async def test_htmx_gets_the_cards_alone(ada: Visitor) -> None:
    part = await ada.open("/", headers={"hx-request": "true", "hx-request-type": "partial"})

    assert "<html" not in part.text
    assert "HX-Request" in part.headers["vary"]

"""The sign-up form in steps: contact, address, check your answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from portal.access.tables import Draft
from portal.app import Portal
from portal.customers.tables import Consent, Customer
from portal.plans.offers import forget_offers
from portal.plans.tables import Plan
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Visitor, browser_at, forms_of
from tests.pages.mails import link_in, mail_to
from tests.pages.shelves import change_site
from tests.people import ADA, GRACE

CONTACT, ADDRESS, CHECK = (f"/signup/step/{step}" for step in ("contact", "address", "check"))
_REACH = ("email", "first_name", "last_name", "phone")
REACH = {name: text for name, text in ADA.items() if name in _REACH}
PLACE = {name: text for name, text in ADA.items() if name not in _REACH}


@pytest.fixture(autouse=True)
async def stepwise(shop: Shop) -> Shop:
    """The shop of a seller whose form asks in steps."""
    return await change_site(shop, layout="steps")


async def walk(
    visitor: Visitor, query: str = "?plan=studio", person: dict[str, str] = ADA
) -> httpx.Response:
    """Go through the steps, and stand before the button."""
    reach = {name: text for name, text in person.items() if name in _REACH}
    place = {name: text for name, text in person.items() if name not in _REACH}
    answer = await visitor.send(CONTACT, await visitor.fill(f"/signup{query}", reach))
    assert answer.headers["location"] == ADDRESS, answer.text
    answer = await visitor.send(ADDRESS, await visitor.fill(ADDRESS, place))
    assert answer.headers["location"] == CHECK, answer.text
    page = await visitor.open(CHECK)
    assert page.status_code == 200
    return page


async def test_three_steps_lead_to_the_billing_portal(shop: Shop, ada: Visitor) -> None:
    page = await walk(ada)

    assert "<title>Step 3 of 3: Check your answers – Acme Tea</title>" in page.text
    for said in (
        ADA["email"],
        "Ada Lovelace",
        "12 St James’s Square",
        "Due today",
        "Cancel before",
    ):
        assert said in page.text
    answer = await ada.press(page, "/signup")

    assert answer.headers["location"].startswith(shop.stripe.url)
    assert await shop.counts() == (1, 1)
    (customer,) = await shop.stripe.objects("customer")
    assert (customer["email"], customer["address"]["line1"]) == (ADA["email"], ADA["line1"])


async def test_a_step_reports_its_own_mistakes_only_and_keeps_what_was_typed(ada: Visitor) -> None:
    page = await ada.send(
        CONTACT, await ada.fill("/signup", REACH | {"email": "ada", "phone": "1"})
    )

    assert page.status_code == 422
    assert "<title>Error: Step 1 of 3: About you" in page.text
    assert page.text.count('<li><a href="#') == 2
    assert forms_of(page.text)[0].fields["first_name"] == "Ada"
    assert (await ada.fill(CONTACT, {}))["email"] == "ada"
    answer = await ada.press(page, CONTACT, email=ADA["email"], phone="")
    page = await ada.press(await ada.open(answer.headers["location"]), ADDRESS, line1="")
    assert page.status_code == 422
    assert 'href="#line1"' in page.text
    assert 'href="#email"' not in page.text
    assert await Customer.count() == 0


async def test_htmx_gets_a_step_alone_and_is_led_on_by_a_header(ada: Visitor) -> None:
    typed = await ada.fill("/signup", REACH)

    wrong = await ada.send(CONTACT, typed | {"email": "x"}, headers=HTMX)
    right = await ada.send(CONTACT, typed, headers=HTMX)

    assert "<html" not in wrong.text
    assert 'data-title="Error: Step 1 of 3: About you' in wrong.text
    assert right.headers["hx-redirect"] == ADDRESS


async def test_a_step_that_is_opened_too_early_leads_to_the_first(ada: Visitor) -> None:
    for step in (ADDRESS, CHECK):
        assert (await ada.open(step)).headers["location"] == CONTACT
    await ada.send(CONTACT, await ada.fill("/signup", REACH))

    assert (await ada.open(CHECK)).headers["location"] == ADDRESS
    assert (await ada.open("/signup/step/nowhere")).status_code == 404


async def test_what_became_wrong_is_told_on_its_step(shop: Shop, ada: Visitor) -> None:
    await walk(ada)
    await change_site(shop, fields='{"phone": "required", "organisation": "required"}')
    await ada.press(await ada.open(f"{CONTACT}?to=check"), CONTACT, phone="")

    answer = await ada.open(CHECK)
    page = await ada.open(answer.headers["location"])

    assert answer.headers["location"] == f"{CONTACT}?to=check"
    assert "Enter your phone number." in page.text
    assert "Enter the name of your organisation." not in page.text


async def test_change_leads_to_the_field_and_back_to_the_check(ada: Visitor) -> None:
    page = await walk(ada)
    assert f'href="{ADDRESS}?to=check#line1"' in page.text
    changing = await ada.open(f"{CONTACT}?to=check")
    assert f'class="back" href="{CHECK}"' in changing.text

    answer = await ada.press(changing, CONTACT, first_name="Augusta")
    page = await ada.open(answer.headers["location"])

    assert answer.headers["location"] == CHECK
    assert "Augusta Lovelace" in page.text


async def test_what_the_check_shows_is_what_is_sent(shop: Shop, ada: Visitor) -> None:
    shown = await walk(ada)
    await ada.send(CONTACT, await ada.fill("/signup?plan=house", REACH | {"first_name": "Grace"}))

    await ada.press(shown, "/signup")

    (customer,) = await shop.stripe.objects("customer")
    (subscription,) = await shop.stripe.objects("subscription")
    assert customer["name"] == "Ada Lovelace"
    assert subscription["items"]["data"][0]["price"]["unit_amount"] == 1200


async def test_a_draft_is_sealed_and_gone_when_the_sign_up_is_taken(
    shop: Shop, ada: Visitor
) -> None:
    page = await walk(ada)
    (draft,) = await Draft.select()
    assert ADA["email"] not in draft["answers"]

    await ada.press(page, "/signup")

    assert await Draft.count() == 0
    assert (await ada.fill("/signup", {}))["email"] == ""


async def test_a_draft_is_one_browsers_at_one_site(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await walk(ada)

    assert (await mallory.open(CHECK)).headers["location"] == CONTACT
    assert (await mallory.fill("/signup", {}))["email"] == ""
    assert (await ada.fill("/signup?site=america", {}))["email"] == ""


async def test_who_comes_back_days_later_goes_on_where_they_were(ada: Visitor) -> None:
    typed = await ada.fill("/signup?plan=house&interval=year", REACH)
    answer = await ada.send(CONTACT, typed)

    assert "Max-Age=604800" in answer.headers["set-cookie"]
    again = await ada.fill("/signup", {})
    assert (again["email"], again["plan"], again["interval"]) == (ADA["email"], "house", "year")
    other = await ada.fill("/signup?plan=studio", {})
    assert (other["email"], other["plan"], other["interval"]) == (ADA["email"], "studio", "month")


async def test_back_after_the_button_shows_everything_and_mends_it(
    shop: Shop, ada: Visitor
) -> None:
    page = await walk(ada)
    await ada.press(page, "/signup")

    changing = await ada.open(f"{ADDRESS}?to=check")
    answer = await ada.press(changing, ADDRESS, line1="1 St James’s Square")
    page = await ada.open(answer.headers["location"])
    assert ADA["email"] in page.text
    assert (await ada.press(page, "/signup")).status_code == 303

    assert await shop.counts() == (1, 1)
    assert (await Customer.select())[0]["line1"] == "1 St James’s Square"


async def test_back_after_the_button_shows_everything_on_every_step(
    shop: Shop, ada: Visitor
) -> None:
    await ada.press(await walk(ada, "?plan=house"), "/signup")

    page = await ada.open(CONTACT)
    shown = forms_of(page.text)[0].fields
    answer = await ada.press(page, CONTACT, first_name="Augusta")
    again = await ada.fill(ADDRESS, {})

    assert (shown["email"], shown["plan"]) == (ADA["email"], "house")
    assert answer.headers["location"] == ADDRESS
    assert again["line1"] == ADA["line1"]
    assert (await ada.open(CHECK)).status_code == 200


async def test_who_begins_anew_after_the_button_is_not_given_what_was_sent(ada: Visitor) -> None:
    await ada.press(await walk(ada), "/signup")
    reach = {name: text for name, text in GRACE.items() if name in _REACH}

    typed = await ada.fill("/signup", {})
    wrong = await ada.send(CONTACT, typed | reach | {"token": "x"})
    answer = await ada.press(wrong, CONTACT)

    assert typed["email"] == ""
    assert answer.headers["location"] == ADDRESS
    assert (await ada.fill(ADDRESS, {}))["line1"] == ""


async def test_what_was_sent_at_one_site_is_not_shown_at_another(ada: Visitor) -> None:
    await ada.press(await walk(ada), "/signup")

    for step in (CHECK, ADDRESS):
        answer = await ada.open(f"{step}?site=america")
        assert answer.headers["location"] == CONTACT
    assert (await ada.fill(f"{CONTACT}?site=america", {}))["email"] == ""
    assert ADA["email"] in (await ada.open(f"{CHECK}?site=europe")).text


async def test_three_presses_at_once_are_one_customer(shop: Shop, ada: Visitor) -> None:
    page = await walk(ada)

    answers = await asyncio.gather(*(ada.press(page, "/signup") for _ in range(3)))

    assert {answer.status_code for answer in answers} == {303}
    assert await shop.counts() == (1, 1)


async def test_without_javascript_country_and_code_change_by_a_button(ada: Visitor) -> None:
    await ada.send(CONTACT, await ada.fill("/signup?plan=house", REACH))
    changed = {"country": "US", "line1": "1 Main St", "coupon": "NONE", "refresh": "address"}

    answer = await ada.send(ADDRESS, await ada.fill(ADDRESS, changed))
    page = await ada.open(answer.headers["location"])

    assert answer.headers["location"] == ADDRESS
    assert "ZIP code" in page.text
    assert forms_of(page.text)[0].fields["line1"] == "1 Main St"
    assert "We do not know the code NONE." in page.text
    assert "Enter your" not in page.text


async def test_another_interval_is_shown_before_it_is_ordered(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, terms_url="https://acme.example/terms")
    page = await walk(ada, "?plan=house")

    page = await ada.press(page, "/signup", interval="year", terms="on")

    assert page.status_code == 422
    assert "The order has changed. Look at it, then press the button again." in page.text
    assert "€490.00" in page.text
    assert forms_of(page.text)[0].fields["terms"] == "on"
    assert (await ada.press(page, "/signup")).status_code == 303
    (subscription,) = await shop.stripe.objects("subscription")
    assert subscription["items"]["data"][0]["price"]["recurring"]["interval"] == "year"


async def test_a_consent_is_ticked_only_in_the_answer_to_the_form_that_carried_it(
    shop: Shop, ada: Visitor
) -> None:
    await change_site(shop, terms_url="https://acme.example/terms")
    ticks = {"terms": "on", "email_marketing": "on"}

    wrong = await ada.press(await walk(ada), "/signup", **ticks, coupon="NONE")
    later = await ada.open(CHECK)
    await ada.press(later, "/signup", **ticks, refresh="coupon")

    assert wrong.status_code == 422
    assert ticks.items() <= forms_of(wrong.text)[0].fields.items()
    for page in (later, await ada.open(CHECK)):
        assert not ticks.keys() & forms_of(page.text)[0].fields.keys()


async def test_the_check_asks_for_the_terms(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, terms_url="https://acme.example/terms", terms_version="2026-11")
    page = await walk(ada)

    page = await ada.press(page, "/signup", email_marketing="on")
    assert page.status_code == 422
    assert "<title>Error: Step 3 of 3" in page.text
    assert "Agree to the terms to go on." in page.text
    await ada.press(page, "/signup", terms="on")

    given = {row["kind"]: row["given"] for row in await Consent.select()}
    assert given == {"terms": True, "email_marketing": True}


async def test_a_whole_form_with_a_mistake_opens_the_step_that_can_mend_it(
    shop: Shop, ada: Visitor
) -> None:
    page = await walk(ada)

    page = await ada.press(page, "/signup", postal_code="x")
    assert page.status_code == 422
    assert "Step 2 of 3" in page.text
    answer = await ada.press(page, ADDRESS, postal_code=ADA["postal_code"])

    assert answer.headers["location"] == CHECK
    assert (await ada.press(await ada.open(CHECK), "/signup")).status_code == 303
    assert await shop.counts() == (1, 1)


@pytest.mark.parametrize(
    ("param", "step", "field"), [("email", CONTACT, "email"), ("address", ADDRESS, "line1")]
)
async def test_what_stripe_refused_is_mended_on_its_step(
    shop: Shop, ada: Visitor, param: str, step: str, field: str
) -> None:
    await shop.stripe.fault(
        match="POST /v1/customers", fault="status", status=400, times=1, code="x", param=param
    )
    answer = await ada.press(await walk(ada), "/signup")
    page = await ada.open(answer.headers["location"])
    assert f'href="#{field}"' in page.text

    mended = "augusta@lovelace.example" if field == "email" else "1 St James’s Square"
    answer = await ada.press(page, step, **{field: mended})
    assert answer.headers["location"] == CHECK
    answer = await ada.press(await ada.open(CHECK), "/signup")

    assert "/p/session/" in answer.headers["location"]
    assert await shop.counts() == (1, 1)
    assert (await Customer.select())[0][field] == mended


async def test_a_plan_that_goes_meanwhile_is_told_and_nothing_is_lost(
    shop: Shop, ada: Visitor
) -> None:
    await walk(ada, "?plan=house")
    await Plan.update({Plan.visibility: "archived"}).where(Plan.key == "house")
    forget_offers()

    page = await ada.open(CHECK)

    assert "The order now shows Studio" in page.text
    assert forms_of(page.text)[0].fields["email"] == ADA["email"]
    assert (await ada.press(page, "/signup")).status_code == 303
    assert await shop.counts() == (1, 1)


async def test_with_addresses_confirmed_first_the_draft_waits_for_the_mail(
    shop: Shop, ada: Visitor
) -> None:
    await change_site(shop, verify_email="before")
    answer = await ada.press(await walk(ada), "/signup")
    assert answer.headers["location"] == "/signup/check-inbox"
    assert (await Customer.count(), await Draft.count()) == (0, 1)

    answer = await ada.press(await ada.open(link_in(await mail_to(ADA["email"]))), "")

    assert "/p/session/" in answer.headers["location"]
    assert await Draft.count() == 0
    assert await shop.counts() == (1, 1)


async def test_a_known_email_is_answered_as_on_one_page(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await ada.press(await walk(ada), "/signup")

    answer = await mallory.press(await walk(mallory), "/signup")

    assert answer.headers["location"] == "/signup/check-inbox"
    assert await shop.counts() == (1, 1)


@pytest.mark.parametrize("step", [CONTACT, ADDRESS])
async def test_a_honeypot_keeps_nothing(ada: Visitor, step: str) -> None:
    typed = await ada.fill("/signup", GRACE | {"website": "https://spam.example"})

    answer = await ada.send(step, typed)

    assert (answer.status_code, answer.headers["location"]) == (303, "/signup/check-inbox")
    assert await Draft.count() == 0


async def test_a_step_without_our_token_is_shown_again_and_not_kept(ada: Visitor) -> None:
    typed = await ada.fill("/signup", REACH | {"token": "x"})

    page = await ada.send(CONTACT, typed)

    assert page.status_code == 403
    assert forms_of(page.text)[0].fields["email"] == ADA["email"]
    assert await Draft.count() == 0


@pytest.mark.parametrize("refresh", [{"refresh": "order"}, {}], ids=["refreshed", "sent"])
@pytest.mark.parametrize("broken", [{"token": "x"}, {"website": "https://spam.example"}])
async def test_a_whole_form_that_is_not_ours_or_a_machine_s_keeps_nothing(
    ada: Visitor, broken: dict[str, str], refresh: dict[str, str]
) -> None:
    page = await walk(ada)
    await Draft.delete(force=True)

    answer = await ada.press(page, "/signup", **broken, **refresh, first_name="")

    assert await Draft.count() == 0
    if "token" in broken:
        assert answer.status_code == 403
        assert forms_of(answer.text)[0].fields["email"] == ADA["email"]


async def test_drafts_cannot_be_made_without_end(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, limits='{"checks_per_minute": 1}')
    typed = await ada.fill("/signup", REACH)
    await ada.send(CONTACT, typed)

    page = await ada.send(CONTACT, typed | {"first_name": "Augusta"})

    assert page.status_code == 429
    assert forms_of(page.text)[0].fields["first_name"] == "Augusta"
    assert "Wait a few minutes" in page.text


async def test_the_order_of_a_step_brings_no_button_of_another(ada: Visitor) -> None:
    typed = await ada.fill("/signup?plan=house", {"interval": "year"})

    part = await ada.send("/signup/order", typed, headers=HTMX)

    assert "€490.00" in part.text
    assert "#finish" not in part.text


async def test_a_seller_who_goes_back_to_one_page_loses_nobody(shop: Shop, ada: Visitor) -> None:
    page = await walk(ada)
    await change_site(shop, layout="page")

    assert (await ada.press(page, "/signup", postal_code="x")).status_code == 422
    assert (await ada.press(await ada.open(CHECK), "/signup")).status_code == 303
    assert await shop.counts() == (1, 1)


async def test_a_draft_does_not_outlive_a_sign_up_on_one_page(shop: Shop, ada: Visitor) -> None:
    await walk(ada)
    await change_site(shop, layout="page")

    assert (await ada.sign_up(ADA)).status_code == 303

    assert await Draft.count() == 0


async def test_an_address_without_a_country_is_read_alike_on_every_step(
    shop: Shop, portal: Portal
) -> None:
    reach = {name: text for name, text in GRACE.items() if name in _REACH}
    async with browser_at(portal, **{"accept-language": "en-US"}) as http:
        grace = Visitor(http)
        await grace.send(CONTACT, await grace.fill("/signup?plan=studio", reach))
        typed = await grace.fill(ADDRESS, GRACE)
        del typed["country"]
        answer = await grace.send(ADDRESS, typed)
        page = await grace.open(answer.headers["location"])
        await grace.press(page, "/signup")

    assert answer.headers["location"] == CHECK
    assert (await Customer.select())[0]["country"] == "US"


@pytest.fixture
async def foreign(portal: Portal) -> AsyncIterator[Visitor]:
    """A browser whose languages name no country."""
    async with browser_at(portal, **{"accept-language": "en-GB"}) as http:
        yield Visitor(http)


async def test_a_phone_is_read_with_the_country_that_is_chosen_later(
    shop: Shop, foreign: Visitor
) -> None:
    page = await walk(foreign, person=ADA | {"phone": "020 7946 0958", "country": "GB"})

    await foreign.press(page, "/signup")

    assert (await Customer.select())[0]["phone_e164"] == "+442079460958"

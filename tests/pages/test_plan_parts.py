"""Seats, add-ons and use on the pages: seen, chosen, shown before they are taken, and charged."""

from __future__ import annotations

import re

from portal.database import run_sql
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.members import become_member, pass_days
from tests.pages.shelves import refreshed, sell_parts, use
from tests.pages.test_plan import REVIEW, cents, paid


async def member_of_house(shop: Shop, ada: Visitor) -> str:
    """Have Ada pay for House with one seat since ten days; return her id at Stripe."""
    await sell_parts(shop)
    await become_member(shop, ada, "house")
    await pass_days(shop, 10)
    await run_sql("DELETE FROM metered_use")
    (customer,) = await shop.stripe.objects("customer")
    return str(customer["id"])


async def test_seats_and_an_add_on_are_chosen_shown_and_had(shop: Shop, ada: Visitor) -> None:
    await member_of_house(shop, ada)
    plan = await ada.open("/account/plan")
    fields = next(form for form in forms_of(plan.text) if form.action == REVIEW).fields
    assert fields == {
        "price": "pric_house", "add_ons": "1", "quantity": "1", "add_on.copies": "0",
    }  # fmt: skip

    asked = "price=pric_house&add_ons=1&quantity=3&add_on.print=1&add_on.copies=0"
    panel = await ada.open(f"{REVIEW}?{asked}")
    done = await ada.open((await ada.press(panel, REVIEW)).headers["location"])
    overview = await ada.open("/account")

    assert "From House, 1 seat to House, 3 seats, Print" in panel.text
    assert "House, 3 seats, until" in panel.text
    assert "Print, until" in panel.text
    assert "The change is made at once." in panel.text
    assert "The next charge is €156.00 on " in panel.text
    assert "What you use from now on comes on top: €0.05 for each call." in panel.text
    today = re.search(r"€[\d.]+ is charged today\.", panel.text)
    assert today
    assert await paid(shop) == sorted([4900, cents(today[0])])
    assert "Your plan is House, 3 seats, Print now." in done.text
    for said in ("€156.00 a month", "<dd>3 seats</dd>", "<dd>Print</dd>", "and what you use, on "):
        assert said in overview.text


async def test_the_overview_tells_what_was_used_and_what_it_costs(shop: Shop, ada: Visitor) -> None:
    customer = await member_of_house(shop, ada)
    await use(shop, customer, 1204)

    seen = await ada.open("/account")
    await shop.stripe.fault(match="GET *", fault="status", status=503)
    down = await ada.open("/account")

    assert "1,204 calls so far, €60.20, as of " in seen.text
    assert "1,204 calls so far, €60.20, as of " in down.text
    assert "House" in down.text


@ON_SQLITE
async def test_use_that_stripe_does_not_tell_is_no_reason_to_show_nothing(
    shop: Shop, ada: Visitor
) -> None:
    await member_of_house(shop, ada)
    path = "GET /v1/billing/meters/*/event_summaries"
    await shop.stripe.fault(match=path, fault="status", status=500)

    seen = await ada.open("/account")

    assert "How much you have used is not known just now." in seen.text
    assert "€49.00 a month" in seen.text


@ON_SQLITE
async def test_a_number_that_cannot_be_had_is_said_with_those_that_can(
    shop: Shop, ada: Visitor
) -> None:
    await member_of_house(shop, ada)

    refused = await ada.open(f"{REVIEW}?price=pric_house&add_ons=1&quantity=21")

    assert refused.status_code == 409
    assert "Choose a whole number from 1 to 20 for House." in refused.text
    assert await paid(shop) == [4900]


@ON_SQLITE
async def test_fewer_seats_are_planned_and_what_was_shown_too_long_ago_is_shown_again(
    shop: Shop, ada: Visitor
) -> None:
    await member_of_house(shop, ada)
    many = await ada.open(f"{REVIEW}?price=pric_house&quantity=3")
    old = await ada.open(f"{REVIEW}?price=pric_house&quantity=4")
    await ada.press(many, REVIEW)

    again = await ada.press(old, REVIEW)
    fewer = await ada.open(f"{REVIEW}?price=pric_house&quantity=2")
    planned = await ada.open((await ada.press(fewer, REVIEW)).headers["location"])

    assert again.headers["location"] == f"{REVIEW}?price=pric_house&quantity=4&again=1"
    assert "Nothing is charged today." in fewer.text
    assert "The change is made on " in fewer.text
    assert "Your plan changes to House, 2 seats, €98.00 a month, on " in planned.text


@ON_SQLITE
async def test_seats_of_a_plan_that_is_sold_no_more_can_still_be_changed(
    shop: Shop, ada: Visitor
) -> None:
    await member_of_house(shop, ada)
    await run_sql("UPDATE plan SET current = {} WHERE id = 'plan_house'", False)
    await refreshed(shop)

    panel = await ada.open(f"{REVIEW}?price=pric_house&quantity=2")
    await ada.press(panel, REVIEW)

    assert "<dd>2 seats</dd>" in (await ada.open("/account")).text

"""Seats and add-ons are changed, and what was used is counted: here and at Stripe alike."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from portal import clock
from portal.database import run_sql
from portal.subscriptions.choices import choice_at
from portal.subscriptions.estimate import Shown, quote_for
from portal.subscriptions.hold import made_of
from portal.subscriptions.refresh import refresh
from portal.subscriptions.switch import PLAN_SWITCH, SWITCH_PLAN, stay_on_plan, switch_plan
from portal.subscriptions.switching import CannotChange
from portal.subscriptions.usage import FRESH
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.mails import mails, text_of
from tests.pages.shelves import sell_parts, use
from tests.subscriptions.conftest import Subscriber
from tests.subscriptions.test_switch import DAYS, charged, last_change, paying

KINDS = (SWITCH_PLAN, PLAN_SWITCH)


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, ten days into a month of House with one seat."""
    return await paying(await sell_parts(shop), "house")


async def shown(ada: Subscriber, **asked: str) -> Shown:
    told = {name.replace("__", "."): text for name, text in asked.items()}
    offer, pricing = await choice_at(ada.shop.site, ada.id, "pric_house")
    return await quote_for(ada.company, ada.id, offer, pricing, told)


async def switch(ada: Subscriber, **asked: str) -> Shown:
    seen = await shown(ada, **asked)
    await switch_plan(ada.company, ada.id, seen.quote)
    await ada.shop.work()
    return seen


async def test_more_seats_and_an_add_on_are_had_at_once_for_what_was_shown(ada: Subscriber) -> None:
    before = await ada.hold()
    seen = await switch(ada, quantity="3", add_ons="1", add_on__print="1")

    hold = await ada.hold()
    assert made_of(before.items) == "House, 1 seat"
    assert made_of(hold.items) == "House, 3 seats, Print" == seen.quote.made_of
    assert hold.amount == 3 * 4900 + 900 == seen.quote.next_amount
    assert await charged(ada) == sorted([4900, seen.quote.due])
    assert await last_change() == ("switch", "done", "")
    assert "Your plan is House, 3 seats, Print now." in text_of(mails()[-1])

    await ada.passes(22 * DAYS)
    assert (await charged(ada))[-1] == seen.quote.next_amount


async def test_fewer_seats_come_when_the_period_ends_and_are_taken_back(ada: Subscriber) -> None:
    await switch(ada, quantity="3", add_ons="1", add_on__copies="2")
    paid = await charged(ada)

    seen = await switch(ada, quantity="2", add_ons="1")

    hold = await ada.hold()
    assert (seen.quote.when, seen.quote.due) == ("period_end", 0)
    assert hold.planned is not None
    assert (hold.planned.plan_name, hold.planned.amount) == ("House, 2 seats", 2 * 4900)
    assert made_of(hold.items) == "House, 3 seats, Copies (2 copies)"
    await stay_on_plan(ada.company, ada.id)
    await ada.shop.work()
    assert (await ada.hold()).planned is None

    await switch(ada, quantity="2", add_ons="1")
    await ada.passes(22 * DAYS)
    await ada.sync()
    hold = await ada.hold()
    assert made_of(hold.items) == "House, 2 seats"
    assert [item.key for item in hold.add_ons] == ["calls"]
    assert await charged(ada) == sorted([*paid, 2 * 4900])


async def test_what_is_used_is_counted_shown_and_charged(ada: Subscriber) -> None:
    await use(ada.shop, ada.stripe_id, 40)
    await refresh(ada.id)
    first = (await ada.hold()).add_ons[0].used
    await use(ada.shop, ada.stripe_id, 2)
    await refresh(ada.id)
    cached = (await ada.hold()).add_ons[0].used
    earlier = clock.now() - FRESH - timedelta(seconds=1)
    await run_sql("UPDATE metered_use SET fetched_at = {}", earlier)
    await refresh(ada.id)
    anew = (await ada.hold()).add_ons[0].used

    assert first is not None
    assert cached == first
    assert first.quantity == Decimal(40)
    assert anew is not None
    assert anew.quantity == Decimal(42)
    await ada.passes(22 * DAYS)
    await ada.sync()
    assert await charged(ada) == [4900, 4900 + 42 * 5]
    assert (await ada.hold()).add_ons[0].used is None


@ON_SQLITE
async def test_who_uses_nothing_metered_costs_no_call_more(shop: Shop) -> None:
    ada = await paying(await sell_parts(shop), "reader")
    before = len(await shop.stripe.calls())

    await refresh(ada.id)

    assert [path.split("/")[2] for _, path in (await shop.stripe.calls())[before:]] in (
        ["customers", "subscriptions"],
        ["subscriptions", "customers"],
    )


@ON_SQLITE
async def test_what_would_change_nothing_is_not_asked_for(ada: Subscriber) -> None:
    for asked in ({}, {"quantity": "1"}, {"add_ons": "1", "add_on__copies": "0"}):
        with pytest.raises(CannotChange, match="You have this plan already"):
            await shown(ada, **asked)


@ON_SQLITE
async def test_seats_that_were_changed_elsewhere_meanwhile_are_not_changed(ada: Subscriber) -> None:
    seen = await shown(ada, quantity="3")
    item = (await ada.hold()).items[0].stripe_id
    await ada.shop.stripe.in_dashboard(
        "POST", f"/v1/subscription_items/{item}", {"quantity": 7}, event=False
    )
    await switch_plan(ada.company, ada.id, seen.quote)
    await ada.shop.work()
    assert await last_change() == ("switch", "refused", "changed_meanwhile")

    await ada.sync()
    with pytest.raises(CannotChange, match="has changed since"):
        await switch_plan(ada.company, ada.id, seen.quote)
    assert made_of((await ada.hold()).items) == "House, 7 seats"


@ON_SQLITE
async def test_another_plan_takes_along_what_it_sells_and_no_more(ada: Subscriber) -> None:
    await switch(ada, quantity="2", add_ons="1", add_on__print="1")
    await run_sql("UPDATE plan SET downgrade = 'now'")

    offer, pricing = await choice_at(ada.shop.site, ada.id, "pric_studio")
    seen = await quote_for(ada.company, ada.id, offer, pricing)
    await switch_plan(ada.company, ada.id, seen.quote)
    await ada.shop.work()

    hold = await ada.hold()
    assert [(item.name, item.quantity) for item in hold.items] == [("Studio", 1)]


@ON_SQLITE
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_seats_with_an_unknown_outcome_are_had_and_charged_once(
    moment: str, ada: Subscriber
) -> None:
    seen = await shown(ada, quantity="3", add_ons="1", add_on__print="1")
    for fault in ({"fault": "reset"}, {"fault": "status", "status": 500, "saved": True}):
        await ada.shop.stripe.fault(match="POST /v1/subscriptions/*", when=moment, times=1, **fault)

    await switch_plan(ada.company, ada.id, seen.quote)
    await ada.shop.work_in_the_end()

    assert await last_change() == ("switch", "done", "")
    assert await charged(ada) == sorted([4900, seen.quote.due])
    assert made_of((await ada.hold()).items) == "House, 3 seats, Print"


@ON_SQLITE
async def test_fewer_seats_with_an_unknown_outcome_are_planned_once(ada: Subscriber) -> None:
    await switch(ada, quantity="3")
    path = "POST /v1/subscription_schedules/*"
    await ada.shop.stripe.fault(match=path, when="after", times=1, fault="reset")

    seen = await shown(ada, quantity="2")
    await switch_plan(ada.company, ada.id, seen.quote)
    await ada.shop.work_in_the_end()

    assert await last_change() == ("plan", "done", "")
    assert len(await ada.shop.stripe.objects("subscription_schedule")) == 1
    planned = (await ada.hold()).planned
    assert planned is not None
    assert planned.plan_name == "House, 2 seats"


@ON_SQLITE
@pytest.mark.parametrize("cheaper", [False, True])
async def test_what_an_earlier_release_wrote_is_still_done(ada: Subscriber, cheaper: bool) -> None:
    offer, pricing = await choice_at(ada.shop.site, ada.id, "pric_studio")
    if not cheaper:
        await run_sql("UPDATE plan SET downgrade = 'now'")
    seen = await quote_for(ada.company, ada.id, offer, pricing)
    await switch_plan(ada.company, ada.id, seen.quote)
    (row,) = await run_sql("SELECT id, params FROM operation WHERE kind IN ({}, {})", *KINDS)
    written = {n: v for n, v in json.loads(row["params"]).items() if n not in ("held", "wanted")}
    await run_sql("UPDATE operation SET params = {} WHERE id = {}", json.dumps(written), row["id"])

    await ada.shop.work()

    assert (await last_change())[1:] == ("done", "")
    hold = await ada.hold()
    assert (hold.plan_name, bool(hold.planned)) == (
        ("House", True) if cheaper else ("Studio", False)
    )

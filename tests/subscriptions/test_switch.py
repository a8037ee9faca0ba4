"""A plan is changed: at once for what was shown, or at the period's end; and taken back."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from portal.clock import now
from portal.database import run_sql
from portal.operations.claim import Lanes, claim
from portal.steps import STEPS
from portal.subscriptions.cancel import cancel_plan
from portal.subscriptions.choices import choice_at
from portal.subscriptions.estimate import Shown, quote_for
from portal.subscriptions.quote import read_quote, written
from portal.subscriptions.switch import stay_on_plan, switch_plan
from portal.subscriptions.switching import CannotChange
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.mails import mails, text_of
from tests.pages.shelves import refreshed, sell_more
from tests.subscriptions.conftest import Subscriber, subscriber

DAYS = 24 * 3600
PHASES = "POST /v1/subscription_schedules/*"


@pytest.fixture
async def house(shop: Shop) -> Subscriber:
    """Ada, ten days into a month of the dearest plan."""
    return await paying(await sell_more(shop), "house")


@pytest.fixture
async def studio(shop: Shop) -> Subscriber:
    """Ada, who pays for the cheaper plan since ten days."""
    more = await sell_more(shop)
    await run_sql("UPDATE plan SET trial_days = 0 WHERE \"key\" = 'studio'")
    return await paying(await refreshed(more), "studio")


async def paying(shop: Shop, plan: str) -> Subscriber:
    person = await subscriber(shop, plan)
    await person.adds_card()
    await person.sync()
    await shop.work()
    await person.passes(10 * DAYS)
    await person.sync()
    return person


async def shown(ada: Subscriber, price: str) -> Shown:
    offer, pricing = await choice_at(ada.shop.site, ada.id, price)
    return await quote_for(ada.company, ada.id, offer, pricing)


async def switch(ada: Subscriber, price: str) -> Shown:
    seen = await shown(ada, price)
    await switch_plan(ada.company, ada.id, seen.quote)
    await ada.shop.work()
    return seen


async def last_change() -> tuple[str, str, str]:
    rows = await run_sql("SELECT kind, state, problem FROM plan_change ORDER BY asked_at, id")
    return rows[-1]["kind"], rows[-1]["state"], rows[-1]["problem"]


async def charged(ada: Subscriber) -> list[int]:
    paid = await ada.shop.stripe.objects("payment_intent")
    return sorted(one["amount"] for one in paid if one["status"] == "succeeded")


async def price_at_stripe(ada: Subscriber) -> int:
    (found,) = await ada.shop.stripe.objects("subscription")
    return int(found["items"]["data"][0]["price"]["unit_amount"])


@ON_SQLITE
async def test_looking_changes_nothing(studio: Subscriber) -> None:
    seen = await shown(studio, "pric_house")

    assert await price_at_stripe(studio) == 1200
    assert await charged(studio) == [1200]
    assert seen.quote.due > 0
    assert seen.today is not None
    assert sum(line.amount for line in seen.today.lines) == seen.quote.due


async def test_a_dearer_plan_begins_at_once_for_exactly_what_was_shown(studio: Subscriber) -> None:
    seen = await shown(studio, "pric_house")
    await studio.passes(3600)

    await switch_plan(studio.company, studio.id, seen.quote)
    await studio.shop.work()

    assert await charged(studio) == sorted([1200, seen.quote.due])
    assert await last_change() == ("switch", "done", "")
    assert (await studio.hold()).plan_name == "House"
    assert (seen.quote.next_amount, seen.quote.when) == (4900, "now")
    mail = text_of(mails()[-1])
    assert "Your plan is House now." in mail
    assert "was charged for the change." in mail


@ON_SQLITE
async def test_the_next_charge_is_the_one_that_was_shown(studio: Subscriber) -> None:
    seen = await switch(studio, "pric_house")
    before = await charged(studio)

    hold = await studio.hold()
    assert hold.period_ends_at is not None
    assert int(hold.period_ends_at.timestamp()) == seen.quote.next_at
    await studio.passes(22 * DAYS)

    assert await charged(studio) == sorted([*before, seen.quote.next_amount])


@ON_SQLITE
async def test_another_interval_begins_a_period_of_its_own(studio: Subscriber) -> None:
    seen = await switch(studio, "pric_house.year.eur")

    hold = await studio.hold()
    assert hold.interval == "year"
    assert hold.period_ends_at is not None
    assert int(hold.period_ends_at.timestamp()) == seen.quote.next_at
    assert await charged(studio) == sorted([1200, seen.quote.due])
    assert seen.quote.next_amount == 49000


async def test_a_cheaper_plan_lands_when_the_period_ends(house: Subscriber) -> None:
    seen = await switch(house, "pric_studio")

    hold = await house.hold()
    assert (seen.quote.when, seen.quote.due) == ("period_end", 0)
    assert hold.plan_name == "House"
    assert hold.planned is not None
    assert (hold.planned.plan_name, hold.planned.amount) == ("Studio", 1200)
    assert hold.planned.at == hold.period_ends_at
    assert hold.coming == 1200
    assert await last_change() == ("plan", "done", "")
    assert "Your plan changes to Studio on " in text_of(mails()[-1])

    await house.passes(22 * DAYS)
    await house.sync()

    hold = await house.hold()
    assert (hold.plan_name, hold.planned, hold.schedule) == ("Studio", None, hold.schedule)
    assert await charged(house) == [1200, 4900]

    await house.passes(31 * DAYS)
    await house.sync()
    assert (await house.hold()).schedule is None
    assert await charged(house) == [1200, 1200, 4900]


@ON_SQLITE
async def test_the_same_plan_by_the_year_for_less_waits_too(house: Subscriber) -> None:
    seen = await switch(house, "pric_house.year.eur")

    await house.passes(22 * DAYS)
    await house.sync()

    hold = await house.hold()
    assert (seen.quote.when, seen.quote.next_amount) == ("period_end", 49000)
    assert (hold.interval, hold.amount) == ("year", 49000)
    assert await charged(house) == [4900, 49000]


async def test_a_planned_change_is_taken_back(house: Subscriber) -> None:
    await switch(house, "pric_studio")

    await stay_on_plan(house.company, house.id)
    await house.shop.work()

    hold = await house.hold()
    assert (hold.planned, hold.schedule) == (None, None)
    assert await last_change() == ("stay", "done", "")
    await house.passes(22 * DAYS)
    assert await charged(house) == [4900, 4900]
    assert await stay_on_plan(house.company, house.id) is None


async def test_cancelling_lets_go_of_what_was_planned(house: Subscriber) -> None:
    await switch(house, "pric_studio")

    await cancel_plan(house.company, house.id)
    await house.shop.work()

    hold = await house.hold()
    assert hold.is_ending
    assert hold.planned is None
    await house.passes(22 * DAYS)
    await house.sync()
    assert (await house.copy())["status"] == "canceled"
    assert await charged(house) == [4900]


@ON_SQLITE
async def test_a_cheaper_plan_begins_at_once_where_the_plan_says_so(house: Subscriber) -> None:
    await run_sql("UPDATE plan SET downgrade = 'now'")

    seen = await switch(house, "pric_studio")

    assert seen.quote.total < 0
    assert (await house.hold()).plan_name == "Studio"
    assert await charged(house) == [4900]
    assert "is credited to you" in text_of(mails()[-1])


@ON_SQLITE
async def test_on_trial_a_change_costs_nothing_and_the_trial_goes_on(shop: Shop) -> None:
    ada = await subscriber(await sell_more(shop), "studio")
    await ada.sync()
    before = await ada.hold()

    seen = await switch(ada, "pric_house")

    hold = await ada.hold()
    assert (seen.quote.due, seen.quote.when, seen.quote.next_amount) == (0, "now", 4900)
    assert (hold.plan_name, hold.status) == ("House", "trialing")
    assert hold.trial_ends_at == before.trial_ends_at


@ON_SQLITE
async def test_from_free_to_paid_a_period_begins(shop: Shop) -> None:
    ada = await subscriber(await sell_more(shop), "reader")
    await ada.adds_card()
    await ada.passes(10 * DAYS)
    await ada.sync()

    seen = await switch(ada, "pric_house")

    assert seen.quote.due == 4900
    assert await charged(ada) == [4900]
    hold = await ada.hold()
    assert hold.period_ends_at is not None
    assert int(hold.period_ends_at.timestamp()) == seen.quote.next_at


async def test_a_declined_card_changes_nothing_and_charges_nothing(studio: Subscriber) -> None:
    await studio.adds_card("pm_card_chargeCustomerFail")
    await studio.sync()

    await switch(studio, "pric_house")

    assert await last_change() == ("switch", "refused", "card_declined")
    assert (await studio.hold()).plan_name == "Studio"
    assert await charged(studio) == [1200]


async def test_a_bank_that_wants_to_be_asked_can_be(studio: Subscriber) -> None:
    await studio.adds_card("pm_card_authenticationRequired")
    await studio.sync()

    seen = await switch(studio, "pric_house")
    await studio.shop.work_in_the_end()

    assert await last_change() == ("switch", "done", "to_confirm")
    hold = await studio.hold()
    assert (hold.plan_name, hold.status, hold.amount_due) == (
        "House", "past_due", seen.quote.due,
    )  # fmt: skip
    assert hold.payment == "authentication_required"


@ON_SQLITE
async def test_nothing_else_is_charged_than_was_shown(studio: Subscriber) -> None:
    seen = await shown(studio, "pric_house")
    await studio.shop.coupon(percent_off="50", duration="forever")
    path = f"/v1/subscriptions/{studio.subscription}"
    await studio.shop.stripe.in_dashboard("POST", path, {"discounts": [{"coupon": "TEA"}]})

    await switch_plan(studio.company, studio.id, seen.quote)
    await studio.shop.work()

    assert await last_change() == ("switch", "refused", "stale")
    assert await charged(studio) == [1200]


@ON_SQLITE
async def test_what_was_changed_at_stripe_meanwhile_is_not_changed_again(
    house: Subscriber,
) -> None:
    for price in ("pric_studio", "pric_house.year.eur"):
        seen = await shown(house, price)
        path = f"/v1/subscriptions/{house.subscription}"
        ends = {"cancel_at_period_end": True}
        await house.shop.stripe.in_dashboard("POST", path, ends, event=False)
        await switch_plan(house.company, house.id, seen.quote)
        await house.shop.work()
        assert (await last_change())[1:] == ("refused", "changed_meanwhile")
        await house.shop.stripe.in_dashboard("POST", path, {"cancel_at_period_end": False})
        await house.sync()


async def test_two_tabs_change_once(studio: Subscriber) -> None:
    first, second = [await shown(studio, "pric_house") for _ in range(2)]

    await switch_plan(studio.company, studio.id, first.quote)
    with pytest.raises(CannotChange, match="Another change"):
        await switch_plan(studio.company, studio.id, second.quote)
    await studio.shop.work()
    with pytest.raises(CannotChange, match="has changed since"):
        await switch_plan(studio.company, studio.id, second.quote)

    assert len(await charged(studio)) == 2


@ON_SQLITE
async def test_two_workers_make_one_change_and_both_say_so(studio: Subscriber) -> None:
    """The second looked before the first made the change, and asked afterwards what it costs."""
    seen = await shown(studio, "pric_house")
    await switch_plan(studio.company, studio.id, seen.quote)
    (op,) = await claim(1, "lease_1", Lanes.STRIPE)
    previews = "POST /v1/invoices/create_preview"
    await studio.shop.stripe.fault(match=previews, fault="delay", delay=1.0, times=1)

    both = await asyncio.gather(*(STEPS[op.kind].call(op) for _ in range(2)))

    assert [one.billed.price_stripe_id for one in both] == [seen.quote.price_stripe_id] * 2
    assert await charged(studio) == sorted([1200, seen.quote.due])


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_change_with_an_unknown_outcome_is_made_once(
    moment: str, studio: Subscriber
) -> None:
    for fault in ({"fault": "reset"}, {"fault": "status", "status": 500, "saved": True}):
        await studio.shop.stripe.fault(
            match="POST /v1/subscriptions/*", when=moment, times=1, **fault
        )
    seen = await shown(studio, "pric_house")

    await switch_plan(studio.company, studio.id, seen.quote)
    await studio.shop.work_in_the_end()

    assert await charged(studio) == sorted([1200, seen.quote.due])
    assert await last_change() == ("switch", "done", "")


@ON_SQLITE
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("match", ["POST /v1/subscription_schedules", PHASES])
async def test_a_planned_change_with_an_unknown_outcome_is_planned_once(
    match: str, moment: str, house: Subscriber
) -> None:
    for fault in ({"fault": "reset"}, {"fault": "status", "status": 500, "saved": True}):
        await house.shop.stripe.fault(match=match, when=moment, times=1, **fault)
    seen = await shown(house, "pric_studio")

    await switch_plan(house.company, house.id, seen.quote)
    await house.shop.work_in_the_end()

    assert await last_change() == ("plan", "done", "")
    planned = (await house.hold()).planned
    assert planned is not None
    assert planned.plan_name == "Studio"
    assert len(await house.shop.stripe.objects("subscription_schedule")) == 1


@ON_SQLITE
@pytest.mark.parametrize(
    ("done", "price", "code"),
    [
        ("", "pric_house", "same_plan"),
        ("", "pric_house.month.usd", "other_currency"),
        ("cancelled", "pric_studio", "ending"),
        ("planned", "pric_studio.year.eur", "planned"),
    ],
)
async def test_what_cannot_be_changed_is_said_with_why(
    done: str, price: str, code: str, house: Subscriber
) -> None:
    if done == "cancelled":
        await cancel_plan(house.company, house.id)
        await house.shop.work()
    if done == "planned":
        await switch(house, "pric_studio")

    with pytest.raises(CannotChange) as cannot:
        await shown(house, price)

    assert cannot.value.problem.code == code


@ON_SQLITE
async def test_what_is_owed_is_paid_first(shop: Shop) -> None:
    ada = await subscriber(await sell_more(shop), "house")

    with pytest.raises(CannotChange) as cannot:
        await shown(ada, "pric_studio")

    assert cannot.value.problem.code == "owing"


@ON_SQLITE
async def test_a_quote_comes_back_only_unchanged_and_for_whom_it_was(house: Subscriber) -> None:
    quote = (await shown(house, "pric_studio")).quote
    text = written(quote)

    assert read_quote(text, house.id) == quote
    assert read_quote(text, "cust_of_mallory") is None
    for wrong in ("", "x", text[:-1] + "!", text.replace(".", ".x"), written(quote)[5:]):
        assert read_quote(wrong, house.id) is None
    old = msgspec.structs.replace(quote, made_at=int(now().timestamp()) - 601)
    assert quote.is_fresh
    assert not old.is_fresh

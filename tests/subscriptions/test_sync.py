"""Our copies follow what Stripe has, whatever comes in which order."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import timedelta
from typing import Any

import pytest

from portal.billing.inbox import claim_events, keep
from portal.billing.stripe_events import BillingEvent, what_to_fetch
from portal.billing.tables import InboxEvent
from portal.billing.ticket import next_ticket
from portal.clock import now
from portal.customers.tables import Customer
from portal.database import run_sql, transaction
from portal.errors import KeyRejected, Unanswered
from portal.operations.save import resume_company
from portal.settings import configure
from portal.subscriptions.heard import handle
from portal.subscriptions.held import held_by
from portal.subscriptions.sync import keep_subscription, sync_object
from portal.subscriptions.tables import Subscription
from tests.onboarding.shop import Shop
from tests.subscriptions.conftest import Subscriber, forget_copies, subscriber


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, on a trial."""
    return await subscriber(shop, "studio")


def event(number: int, object_id: str) -> BillingEvent:
    return BillingEvent(f"evt_{number}", "any", object_id, now(), False, None, "0" * 64)


async def hear(company: str, *object_ids: str) -> None:
    """Have events come in and be handled once."""
    count = len(await InboxEvent.select(InboxEvent.id))
    for number, object_id in enumerate(object_ids, start=count):
        await keep(company, event(number, object_id), accepted=True)
    for claimed in await claim_events(99, "lease_1"):
        await handle(claimed)


async def states() -> list[str]:
    rows: list[dict[str, Any]] = await InboxEvent.select(InboxEvent.state).order_by(InboxEvent.id)
    return [row["state"] for row in rows]


async def test_a_copy_comes_with_the_sign_up_and_is_the_fetched_one(ada: Subscriber) -> None:
    made = await ada.copy()
    assert (made["status"], made["amount"], made["ticket"]) == ("trialing", 1200, 0)

    await ada.sync()

    fetched = await ada.copy()
    assert fetched["ticket"] > 0
    changing = ("ticket", "fetched_at", "invoice_status")
    assert {k: v for k, v in fetched.items() if k not in changing} == {
        k: v for k, v in made.items() if k not in changing
    }


async def test_a_lost_copy_is_written_anew_from_an_event(ada: Subscriber) -> None:
    await forget_copies()

    await hear(ada.company, ada.subscription, ada.stripe_id)

    assert (await ada.copy())["status"] == "trialing"
    assert (await ada.profile())["stripe_id"] == ada.stripe_id
    assert await states() == ["done", "done"]


async def test_the_whole_customer_is_kept_as_stripe_last_told_it(ada: Subscriber) -> None:
    await ada.adds_card()
    await ada.gateway.update_customer(ada.stripe_id, {"description": "Counts"}, key="described")

    await ada.sync()

    told = json.loads((await ada.profile())["object"])
    assert (told["id"], told["object"], told["description"]) == (
        ada.stripe_id, "customer", "Counts",
    )  # fmt: skip
    card = (await ada.profile())["payment_method"]
    assert told["invoice_settings"]["default_payment_method"] == card
    assert told["tax_ids"]["object"] == "list"


async def test_an_older_look_never_overwrites_a_later_one(ada: Subscriber) -> None:
    before = await ada.gateway.fetch_subscription(ada.subscription)
    early = await next_ticket()
    await ada.gateway.v1.subscriptions.update_async(
        ada.subscription, {"cancel_at_period_end": True}
    )
    await ada.sync()

    for ticket in (early, 0):
        async with transaction():
            assert not await keep_subscription(ada.id, before, ticket)

    assert (await ada.copy())["cancel_at_period_end"]


async def test_what_a_create_answered_is_kept_only_when_nobody_looked_since(
    ada: Subscriber,
) -> None:
    answered = await ada.gateway.fetch_subscription(ada.subscription)
    await forget_copies()

    async with transaction():
        assert await keep_subscription(ada.id, answered)
    async with transaction():
        assert not await keep_subscription(ada.id, answered)


async def test_a_card_is_copied(ada: Subscriber) -> None:
    method = await ada.adds_card()

    await hear(ada.company, ada.stripe_id)

    profile = await ada.profile()
    assert (profile["payment_method"], profile["card_last4"]) == (method, "4242")
    hold = await ada.hold()
    assert hold.card is not None
    assert (hold.card.brand, hold.plan_name) == ("visa", "Studio")


async def test_stripes_email_is_for_billing_only(ada: Subscriber) -> None:
    before = await ada.row()
    await ada.gateway.v1.customers.update_async(ada.stripe_id, {"email": "victim@example.com"})

    await hear(ada.company, ada.stripe_id)

    assert (await ada.profile())["billing_email"] == "victim@example.com"
    after = await ada.row()
    assert (after["email"], after["email_key"]) == (before["email"], before["email_key"])


async def test_a_deleted_customer_is_detached(ada: Subscriber) -> None:
    await ada.gateway.v1.customers.delete_async(ada.stripe_id)

    await hear(ada.company, ada.stripe_id, ada.subscription)

    assert (await ada.row())["status"] == "detached"
    assert (await ada.profile())["deleted"]
    assert (await ada.copy())["status"] == "canceled"
    assert (await ada.hold()).is_detached
    assert await states() == ["done", "done"]


async def test_a_deleted_customer_is_detached_alone(ada: Subscriber) -> None:
    grace = await subscriber(ada.shop, "studio", "grace@hopper.example")
    for person in (ada, grace):
        await person.sync()
    await ada.gateway.v1.customers.delete_async(ada.stripe_id)

    await hear(ada.company, ada.stripe_id, ada.subscription)

    assert (await ada.row())["status"] == "detached"
    assert (await grace.row())["status"] == "active"
    assert (await grace.copy())["status"] == "trialing"
    assert not (await grace.profile())["deleted"]


async def test_what_stripe_has_no_longer_is_closed_and_detached(ada: Subscriber) -> None:
    await ada.shop.stripe.fault(match="GET /v1/*", fault="status", status=404)

    assert await sync_object(ada.company, ada.subscription)
    assert await sync_object(ada.company, ada.stripe_id)

    assert (await ada.copy())["status"] == "canceled"
    assert (await ada.row())["status"] == "detached"


async def test_another_companys_events_change_nothing_of_ours(ada: Subscriber) -> None:
    configure(stripe_key="sk_test_mallory")
    await run_sql(
        "INSERT INTO company (id, key, name, created_at, livemode) VALUES ({}, {}, {}, {}, {})",
        *("comp_2", "mallory", "Mallory", now(), False),
    )
    await ada.shop.stripe.control("POST", "/accounts", {"key": "sk_test_mallory"})

    assert not await sync_object("comp_2", ada.subscription)
    assert not await sync_object("comp_2", ada.stripe_id)

    assert (await ada.copy())["status"] == "trialing"
    assert (await ada.row())["status"] == "active"


async def test_somebody_elses_objects_are_ignored(ada: Subscriber) -> None:
    stranger = await ada.gateway.create_customer({"name": "Grace"}, key="k1")

    await hear(ada.company, stranger, "sub_never")

    assert await states() == ["ignored", "ignored"]


async def test_what_says_it_is_ours_is_waited_for(ada: Subscriber) -> None:
    await Customer.update({Customer.stripe_id: None}).where(Customer.id == ada.id)
    await forget_copies()

    await hear(ada.company, ada.subscription)
    assert await states() == ["new"]

    await Customer.update({Customer.stripe_id: ada.stripe_id}).where(Customer.id == ada.id)
    await _all_due()
    await hear(ada.company)
    assert await states() == ["done"]
    assert (await ada.copy())["status"] == "trialing"


async def test_it_is_not_waited_for_longer_than_an_hour(ada: Subscriber) -> None:
    await Customer.update({Customer.stripe_id: None}).where(Customer.id == ada.id)
    await keep(ada.company, event(1, ada.subscription), accepted=True)
    await InboxEvent.update({InboxEvent.received_at: now() - timedelta(hours=2)}, force=True)

    await hear(ada.company)

    assert await states() == ["ignored"]


async def test_it_is_waited_for_as_long_as_the_sign_up_that_made_it_is_under_way(
    ada: Subscriber,
) -> None:
    await Customer.update({Customer.stripe_id: None}).where(Customer.id == ada.id)
    await run_sql("UPDATE operation SET state = 'ready' WHERE result_id = {}", ada.stripe_id)
    await keep(ada.company, event(1, ada.stripe_id), accepted=True)
    await InboxEvent.update({InboxEvent.received_at: now() - timedelta(days=2)}, force=True)

    await hear(ada.company)

    assert await states() == ["new"]


@pytest.mark.parametrize("status", [429, 500])
async def test_what_stripe_does_not_tell_is_asked_again_later(status: int, ada: Subscriber) -> None:
    await ada.shop.stripe.fault(match="GET /v1/*", fault="status", status=status, times=1)

    await hear(ada.company, ada.subscription)
    assert await states() == ["new"]

    await _all_due()
    await hear(ada.company)
    assert await states() == ["done"]


async def test_a_key_that_events_find_revoked_holds_the_company_and_is_told_once(
    ada: Subscriber, caplog: pytest.LogCaptureFixture
) -> None:
    stripe = ada.shop.stripe
    await stripe.control("POST", f"/keys/{stripe.key}/revoke")
    await stripe.control("DELETE", "/requests")

    await hear(ada.company, ada.subscription, ada.stripe_id)
    await _all_due()
    await hear(ada.company, "sub_later")

    assert len(await stripe.calls()) == 2
    assert caplog.text.count("operations.paused company=comp_1 reason=api_key_expired") == 1
    leases = await InboxEvent.select(InboxEvent.state, InboxEvent.attempts, InboxEvent.lease_token)
    assert leases == [{"state": "new", "attempts": 0, "lease_token": None}] * 3

    await stripe.control("POST", f"/keys/{stripe.key}/restore")
    async with transaction():
        await resume_company(ada.company)
    await hear(ada.company)
    assert await states() == ["done", "done", "ignored"]


async def test_a_permission_that_is_missing_for_events_holds_nothing_and_is_told_once(
    ada: Subscriber, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("portal.operations.pause._told_at", {})
    await ada.shop.stripe.fault(match="GET /v1/subscriptions/*", fault="status", status=403)

    await hear(ada.company, ada.subscription, ada.stripe_id)
    await hear(ada.company, ada.subscription)

    assert await states() == ["new", "done", "new"]
    assert await run_sql("SELECT company FROM pause") == []
    (waiting, *_) = await InboxEvent.select().order_by(InboxEvent.id)
    assert waiting["next_at"] > now() + timedelta(seconds=120)
    assert caplog.text.count("operations.not_allowed company=comp_1 kind=event") == 1


async def test_what_is_refused_for_seven_days_is_given_up_and_told_once(
    ada: Subscriber, caplog: pytest.LogCaptureFixture
) -> None:
    await ada.shop.stripe.fault(match="GET /v1/*", fault="status", status=400)
    await keep(ada.company, event(1, ada.subscription), accepted=True)
    await keep(ada.company, event(2, ada.subscription), accepted=True)
    await run_sql(
        "UPDATE inbox_event SET received_at = {} WHERE event_id = 'evt_1'",
        now() - timedelta(days=8),
    )

    await hear(ada.company)
    assert await states() == ["new", "new"]

    await InboxEvent.update({InboxEvent.attempts: 30, InboxEvent.next_at: now()}, force=True)
    await hear(ada.company)
    await _all_due()
    await hear(ada.company)

    assert await states() == ["failed", "new"]
    assert caplog.text.count("events.given_up company=comp_1") == 1


async def test_a_mistake_of_ours_is_counted_and_put_off_further_each_time(
    ada: Subscriber, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def mistaken(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("portal.subscriptions.sync.next_ticket", mistaken)
    for _ in range(10):
        await _all_due()
        await hear(ada.company, ada.subscription)

    (row, *_) = await InboxEvent.select().order_by(InboxEvent.id)
    assert (row["state"], row["attempts"], row["lease_token"]) == ("new", 10, None)
    assert row["next_at"] > now() + timedelta(seconds=60)
    assert caplog.text.count("events.mistake company=comp_1") == 10


async def test_a_page_hears_at_once_that_stripe_does_not_answer(ada: Subscriber) -> None:
    await ada.shop.stripe.fault(match="GET /v1/*", fault="hang")

    with pytest.raises(Unanswered):
        await sync_object(ada.company, ada.subscription, within_s=0.1)
    await ada.shop.stripe.mend()


async def test_without_a_key_nothing_is_synced(ada: Subscriber) -> None:
    with pytest.raises(KeyRejected):
        await sync_object("comp_unknown", ada.subscription)


async def _all_due() -> None:
    await InboxEvent.update({InboxEvent.next_at: now()}, force=True)


async def test_many_events_of_one_object_are_one_fetch(ada: Subscriber) -> None:
    await ada.shop.stripe.control("DELETE", "/requests")

    await hear(ada.company, *[ada.subscription] * 20)

    assert len(await ada.shop.stripe.calls()) == 1
    assert set(await states()) == {"done"}


async def test_nobody_holds_nothing(database: str) -> None:
    assert await held_by("cust_unknown") is None


async def test_a_plan_that_lives_comes_before_one_that_is_over(ada: Subscriber) -> None:
    await ada.gateway.v1.subscriptions.cancel_async(ada.subscription)
    await ada.sync()
    assert (await ada.hold()).status == "canceled"
    again = await ada.gateway.create_subscription(
        {"customer": ada.stripe_id, "items": [{"price": (await ada.hold()).price_stripe_id}]}
        | {"trial_period_days": 3},
        key="k2",
    )

    await sync_object(ada.company, again.stripe_id)

    hold = await ada.hold()
    assert (hold.stripe_id, hold.status) == (again.stripe_id, "trialing")


def told(happened: dict[str, Any]) -> BillingEvent:
    """Read one of the sandbox's events."""
    about, before = happened["data"]["object"], happened["data"].get("previous_attributes") or {}
    object_id = what_to_fetch(happened["type"], about, before)
    return BillingEvent(happened["id"], happened["type"], object_id, now(), False, None, "0" * 64)


async def test_events_three_times_and_shuffled_end_as_stripe_has_it(shop: Shop) -> None:
    dice = random.Random(3)
    people = [
        await subscriber(shop, "studio", email=f"ada{number}@lovelace.example")
        for number in range(3)
    ]
    for person in people:
        await person.adds_card(dice.choice(["pm_card_visa", "pm_card_mastercard"]))
        for _ in range(3):
            await person.gateway.v1.subscriptions.update_async(
                person.subscription, {"cancel_at_period_end": bool(dice.randrange(2))}
            )
    await people[0].gateway.v1.subscriptions.cancel_async(people[0].subscription)
    happened = (await shop.stripe.control("GET", "/events"))["events"]
    thrice = [told(one) for one in happened for _ in range(3)]
    dice.shuffle(thrice)

    for number, one in enumerate(thrice):
        await keep("comp_1", one, accepted=True)
        if number % 10 == 0:
            claims = [await claim_events(4, f"lease_{number}_{worker}") for worker in range(2)]
            await asyncio.gather(*(handle(one) for claim in claims for one in claim))
    await hear("comp_1")

    assert set(await states()) <= {"done", "ignored"}
    assert len(await states()) == len(happened)
    truth = {one["id"]: one for one in await shop.stripe.objects("subscription")}
    for copy in await Subscription.select():
        theirs = truth[copy["stripe_id"]]
        assert copy["status"] == theirs["status"]
        assert bool(copy["cancel_at_period_end"]) == theirs["cancel_at_period_end"]
    for person in people:
        assert (await person.profile())["card_last4"] in ("4242", "4444")

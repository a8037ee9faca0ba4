"""Sellers’ programs are told what a new copy tells; of reminders and sign-ups that were left."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal import clock
from portal.billing.billed import BilledItem, BilledSubscription
from portal.billing.billed_customers import BilledCard, BilledCustomer
from portal.billing.ticket import next_ticket
from portal.customers.tables import Customer
from portal.customers.told import tell_of, tell_of_end
from portal.database import run_sql, transaction
from portal.deliveries.event_types import EVENT_TYPES, OF_DOCUMENT_002
from portal.deliveries.quiet import Quiet
from portal.onboarding.unfinished import LEFT_FOR, tell_of_unfinished
from portal.plans.tables import Plan, Price
from portal.subscriptions.news import events_of
from portal.subscriptions.reminders import owe_reminders
from portal.subscriptions.sync import keep_profile, keep_subscription
from tests.databases import ON_SQLITE
from tests.deliveries.telling import ADA, events, listen_at, open_storefronts

NAMED = (*EVENT_TYPES, *OF_DOCUMENT_002)
OURS = BilledSubscription(
    stripe_id="sub_1", customer_stripe_id="cus_1", status="trialing",
    price_stripe_id="price_house", amount=4900, currency="eur", interval="month",
    trial_ends_at=None, period_ends_at=None, cancel_at_period_end=False, cancel_at=None,
    ended_at=None, started_at=None, invoice=None, discounts=(), tax_added=False, metadata={},
    livemode=False, items=(BilledItem("si_1", "price_house", 1, 4900),),
)  # fmt: skip
COPIES, CALLS = BilledItem("si_2", "price_copies", 2, 200), BilledItem("si_3", "price_calls", None)


@pytest.fixture
async def ada(database: str) -> str:
    """Ada, at a storefront that has an endpoint which names every event."""
    site, *_ = await open_storefronts()
    now = clock.now()
    await Customer.insert(
        Customer(
            id=ADA, company="comp_1", site="site_1", email="ada@example.com", external_id="42",
            email_key="ada@example.com", created_at=now, updated_at=now,
        )
    )  # fmt: skip
    for key, visibility, usage in (
        *(("house", "standard", None), ("copies", "add_on", None)),
        ("calls", "add_on", '{"event": "called", "unit": "call", "units": "calls"}'),
    ):
        await Plan.insert(
            Plan(
                id=f"plan_{key}", company="comp_1", key=key, name=key.title(), created_at=now,
                visibility=visibility, usage=usage,
            )
        )  # fmt: skip
        await Price.insert(
            Price(
                id=f"pric_{key}", plan=f"plan_{key}", interval="month", currency="eur",
                amount=200, lookup_key=key, stripe_id=f"price_{key}",
            )
        )  # fmt: skip
    await listen_at(site, types=NAMED)
    return ADA


async def seen(**changes: Any) -> list[str]:
    """Write a copy with these changes; name what was told of it."""
    before = {row["id"] for row in await events()}
    ticket = await next_ticket()
    async with transaction():
        assert await keep_subscription(ADA, replace(OURS, **changes), ticket)
    return sorted(row["type"] for row in await events() if row["id"] not in before)


async def told(event_type: str) -> dict[str, Any]:
    """Read what the last event of this type says."""
    row = [row for row in await events() if row["type"] == event_type][-1]
    assert (row["company"], row["site"], row["customer"]) == ("comp_1", "site_1", ADA)
    found: dict[str, Any] = json.loads(row["body"])
    return found


@pytest.mark.parametrize(
    ("before", "news", "is_collected", "told_of"),
    [
        (None, ["subscription.trialing"], True, "subscription.created"),
        (None, ["subscription.canceled"], True, ""),
        ("active", [], True, ""),
        ("active", ["payment_method.added"], True, ""),
        ("active", ["subscription.past_due"], True, "subscription.updated"),
        ("active", ["subscription.ending"], True, "subscription.updated"),
        ("active", ["subscription.plan_changed"], True, "subscription.updated"),
        ("active", ["subscription.canceled"], True, "subscription.canceled"),
        ("incomplete", ["subscription.incomplete_expired"], True, "subscription.canceled"),
        ("incomplete", ["subscription.active"], True, "subscription.updated"),
        ("paused", ["subscription.active"], True, "subscription.reactivated"),
        ("active", [], False, "subscription.updated"),
        ("resting", [], True, "subscription.reactivated"),
        ("resting", [], False, ""),
    ],
)
def test_each_news_has_one_event(
    before: str | None, news: list[str], is_collected: bool, told_of: str
) -> None:
    rests = before == "resting"
    copy = before and {"status": "active" if rests else before, "collection_paused": rests}

    found = events_of(copy or None, news, is_collected=is_collected)

    assert found == ((told_of,) if told_of else ())


async def test_the_life_of_a_plan_is_told(ada: str) -> None:
    status = "customer.subscription_status.update"

    assert await seen() == [status, "subscription.created"]
    assert (await told("subscription.created"))["data"]["status"] == "trialing"
    assert await seen() == []
    assert await seen(status="active") == [status, "subscription.updated"]
    assert await seen(status="active", collection_paused=True) == [status, "subscription.updated"]
    assert (await told(status))["data"]["status"] == "PAUSE"
    assert await seen(status="active") == [status, "subscription.reactivated"]
    assert await seen(status="past_due") == [status, "subscription.updated"]
    assert (await told(status))["data"]["reason"] == "PAYMENT_FAILED"
    assert await seen(status="canceled") == [status, "subscription.canceled"]


@ON_SQLITE
async def test_document_002s_events_have_its_form(ada: str) -> None:
    await seen(items=(*OURS.items, COPIES))

    body = await told("customer.subscription_status.update")
    assert set(body) == {"id", "event", "data", "created_at"}
    assert body["event"] == "customer.subscription_status.update"
    assert body["id"].startswith("msg_")
    assert body["data"] == {
        "company_id": "COM-1",
        "country_id": "CON-1",
        "customer_id": "CUS-ADA",
        "customer_identifier": "42",
        "timestamp": body["data"]["timestamp"],
        "status": "TRIAL",
        "reason": None,
        "trial_used": False,
    }
    assert abs(body["created_at"] - clock.now().timestamp() * 1000) < 60_000
    bought = (await told("addon.purchase.success"))["data"]
    assert (bought["addon"]["key"], bought["addon"]["quantity"]) == ("copies", 2)
    assert (bought["addon"]["price"], bought["addon"]["currency"]) == (200, "eur")
    assert (bought["status"], bought["transaction_tsid"]) == ("SUCCESS", None)
    lives: tuple[tuple[dict[str, Any], str, str | None], ...] = (
        ({"status": "active"}, "ACTIVE", None),
        ({"status": "past_due"}, "ON_HOLD", "PAYMENT_FAILED"),
        ({"status": "active", "collection_paused": True}, "PAUSE", None),
        ({"status": "canceled"}, "CANCELLED", None),
    )
    for changes, word, reason in lives:
        await seen(**changes)
        data = (await told("customer.subscription_status.update"))["data"]
        assert (data["status"], data["reason"]) == (word, reason)


@ON_SQLITE
async def test_an_add_on_is_told_of_when_somebody_has_it_or_more_of_it(ada: str) -> None:
    bought = ["addon.purchase.success", "addon.purchased", "subscription.updated"]
    more, fewer = replace(COPIES, quantity=3), replace(COPIES, quantity=1)

    await seen()
    assert await seen(items=(*OURS.items, COPIES)) == bought
    assert (await told("addon.purchased"))["data"]["addon"]["key"] == "copies"
    assert await seen(items=(*OURS.items, more)) == bought
    assert await seen(items=(*OURS.items, fewer)) == ["subscription.updated"]
    # What is counted comes with the plan.
    assert await seen(items=(*OURS.items, fewer, CALLS)) == ["subscription.updated"]
    assert await seen() == ["subscription.updated"]


@ON_SQLITE
async def test_a_payment_method_is_told_of_when_it_comes_or_changes(ada: str) -> None:
    card = BilledCard("pm_1", "card", "visa", "4242", 12, 2030)
    for held in (None, card, card, replace(card, stripe_id="pm_2"), None):
        ticket = await next_ticket()
        async with transaction():
            customer = BilledCustomer("cus_1", False, "ada@example.com", held, {}, False)
            await keep_profile(ADA, customer, ticket)

    assert [row["type"] for row in await events()] == 2 * ["payment_method.attached"]
    assert (await told("payment_method.attached"))["data"] == {
        "object": "payment_method",
        "id": "pm_2",
        "customer": ADA,
        "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030},
    }


@ON_SQLITE
async def test_what_was_asked_not_to_be_told_is_not(ada: str) -> None:
    await _left_a_sign_up("webhooks")
    assert await seen() == []
    await run_sql(
        "INSERT INTO plan_change (id, customer, subscription, kind, state, quiet, asked_at)"
        " VALUES ('chng_1', {}, 'sub_1', 'cancel', 'done', 'mails webhooks all', {})",
        *(ADA, clock.now()),
    )
    assert await seen(cancel_at_period_end=True) == []
    await run_sql("UPDATE plan_change SET quiet = 'mails'")

    assert await seen() == ["subscription.updated"]


@ON_SQLITE
async def test_of_who_was_erased_only_ids_are_told(ada: str) -> None:
    await seen()
    await run_sql("UPDATE customer SET status = 'erased'")
    await run_sql("DELETE FROM webhook_delivery")
    await run_sql("DELETE FROM webhook_event")

    await seen(status="canceled")

    assert {row["customer"] for row in await events()} == {None}
    assert "ada@" not in str(await events())


async def test_a_trial_that_ends_is_told_of_once_whoever_can_be_written_to(ada: str) -> None:
    await run_sql("UPDATE customer SET email = NULL, email_key = NULL")
    now = clock.now()
    await seen(started_at=now - timedelta(days=12), trial_ends_at=now + timedelta(days=2))

    await asyncio.gather(*(owe_reminders() for _ in range(3)))
    await owe_reminders()

    found = [row for row in await events() if row["type"] == "subscription.trial_ending"]
    assert len(found) == 1
    assert json.loads(found[0]["body"])["data"]["id"] == "sub_1"


async def _left_a_sign_up(quiet: str = "", state: str = "accepted") -> None:
    await run_sql(
        "INSERT INTO onboarding (id, customer, site, plan, coupon, state, problem_field,"
        " problem_code, problem_text, quiet, success_url, cancel_url, made_of, created_at)"
        " VALUES ('onbo_1', {}, 'site_1', 'plan_house', '', {}, '', '', '', {}, '', '', '[]', {})",
        *(ADA, state, quiet, clock.now() - LEFT_FOR - timedelta(minutes=1)),
    )


async def test_a_sign_up_that_was_left_is_told_of_once(ada: str) -> None:
    await _left_a_sign_up(state="refused")

    await asyncio.gather(*(tell_of_unfinished() for _ in range(3)))
    await tell_of_unfinished()

    (event,) = await events()
    assert json.loads(event["body"])["type"] == "signup.abandoned"
    data = json.loads(event["body"])["data"]
    assert (data["id"], data["state"], data["plan"]) == ("onbo_1", "refused", "house")


@ON_SQLITE
@pytest.mark.parametrize(
    ("status", "ago", "quiet", "is_told"),
    [
        ("incomplete_expired", timedelta(days=1, minutes=1), "", True),
        ("incomplete_expired", timedelta(days=1, minutes=1), "mails webhooks all", False),
        ("incomplete_expired", timedelta(hours=23), "", False),
        ("incomplete_expired", timedelta(days=4), "", False),
        ("trialing", timedelta(days=1, minutes=1), "", False),
    ],
)
async def test_a_first_payment_that_never_came_is_a_sign_up_left(
    ada: str, status: str, ago: timedelta, quiet: str, is_told: bool
) -> None:
    await _left_a_sign_up(quiet, "ready")
    await seen(status=status)
    await run_sql("DELETE FROM webhook_delivery")
    await run_sql("DELETE FROM webhook_event")
    await run_sql(
        "UPDATE onboarding SET subscription_stripe_id = 'sub_1', created_at = {}",
        clock.now() - ago,
    )

    await tell_of_unfinished()

    assert bool(await events()) is is_told


async def test_a_customer_is_told_of_as_they_are_by_the_end(ada: str) -> None:
    async with transaction():
        await run_sql("UPDATE customer SET first_name = 'Ada'")
        await tell_of("customer.updated", ADA, company="comp_1", site="site_1")
        await run_sql("UPDATE customer SET last_name = 'Lovelace'")
        await tell_of("customer.updated", ADA, company="comp_1")
        await tell_of("customer.verified", ADA, company="comp_1", quiet=Quiet(actions=True))

    (event,) = await events()
    data = json.loads(event["body"])["data"]
    assert (data["id"], data["first_name"], data["last_name"]) == (ADA, "Ada", "Lovelace")
    assert not {"subscription", "onboarding", "balance", "warnings"} & set(data)


@ON_SQLITE
async def test_an_end_outlives_what_was_told_before(ada: str) -> None:
    async with transaction():
        await tell_of_end(ADA, company="comp_1", site="site_1")

    (event,) = await events()
    assert event["customer"] is None
    assert json.loads(event["body"])["data"] == {"id": ADA, "object": "customer", "deleted": True}

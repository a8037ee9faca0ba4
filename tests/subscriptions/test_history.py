"""What our copies tell of a customer's history, and how it is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.audit.record import record
from portal.billing.billed import BilledItem, BilledSubscription
from portal.billing.billed_customers import BilledCard, BilledCustomer
from portal.database import run_sql
from portal.subscriptions.history import history_of
from portal.subscriptions.news import news_of_customer, news_of_subscription
from portal.subscriptions.sync import sync_object
from tests.onboarding.shop import Shop
from tests.subscriptions.conftest import Subscriber, subscriber

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BILLED = BilledSubscription(
    stripe_id="sub_1", customer_stripe_id="cus_1", status="active", price_stripe_id="price_1",
    amount=1200, currency="eur", interval="month", trial_ends_at=None, period_ends_at=NOW,
    cancel_at_period_end=False, cancel_at=None, ended_at=None, started_at=NOW, invoice=None,
    discounts=(), tax_added=False, metadata={}, livemode=False,
)  # fmt: skip
COPY = {
    "status": "active", "price_stripe_id": "price_1", "cancel_at_period_end": False,
    "cancel_at": None,
}  # fmt: skip
HELD = '[{"id": "si_1", "price": "price_1", "quantity": 1, "meter": null}]'
ONE, THREE = ((BilledItem("si_1", "price_1", number),) for number in (1, 3))
ADA = BilledCustomer("cus_1", False, "", BilledCard("pm_2", "card"), {}, False)
PROFILE = {"payment_method": "pm_2", "deleted": False}
ALL = (
    *("subscription.trialing", "subscription.active", "subscription.ending"),
    *("subscription.going_on", "subscription.canceled", "payment_method.added"),
    *("payment_method.changed", "customer.signed_up"),
)


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [
        (None, {"status": "trialing"}, ("subscription.trialing",)),
        (COPY, {}, ()),
        (COPY | {"status": "trialing"}, {}, ("subscription.active",)),
        (COPY, {"status": "past_due"}, ("subscription.past_due",)),
        (COPY, {"status": "hibernating"}, ()),
        (COPY, {"price_stripe_id": "price_2"}, ("subscription.plan_changed",)),
        (COPY | {"price_stripe_id": ""}, {}, ()),
        (COPY, {"cancel_at_period_end": True}, ("subscription.ending",)),
        (COPY, {"cancel_at": NOW}, ("subscription.ending",)),
        (COPY | {"cancel_at": NOW}, {}, ("subscription.going_on",)),
        (COPY | {"cancel_at": NOW}, {"status": "canceled"}, ("subscription.canceled",)),
        (COPY | {"items": "[]"}, {"items": THREE}, ()),
        (COPY | {"items": HELD}, {"items": THREE}, ("subscription.parts_changed",)),
        (COPY | {"items": HELD}, {"items": ONE}, ()),
    ],
)
def test_a_new_copy_tells_what_the_last_did_not(
    before: dict[str, Any] | None, after: dict[str, Any], news: tuple[str, ...]
) -> None:
    assert news_of_subscription(before, replace(BILLED, **after)) == news


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [
        (None, {"card": None}, ()),
        (None, {}, ("payment_method.added",)),
        (PROFILE, {}, ()),
        (PROFILE | {"payment_method": "pm_1"}, {}, ("payment_method.changed",)),
        (PROFILE, {"card": None}, ("payment_method.removed",)),
        (PROFILE, {"deleted": True, "card": None}, ("billing.closed",)),
        (PROFILE | {"deleted": True}, {"deleted": True}, ()),
    ],
)
def test_a_payment_method_that_comes_or_goes_is_told(
    before: dict[str, Any] | None, after: dict[str, Any], news: tuple[str, ...]
) -> None:
    assert news_of_customer(before, replace(ADA, **after)) == news


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, on trial."""
    return await subscriber(shop, "studio")


async def told(ada: Subscriber, **more: Any) -> list[str]:
    """Read the actions of her history, the newest first."""
    return [entry.action for entry in (await history_of(ada.id, ALL, **more)).entries]


async def test_what_happened_at_stripe_is_told_once_each(ada: Subscriber) -> None:
    await ada.adds_card()
    for _ in range(3):
        await ada.sync()
    await ada.gateway.v1.subscriptions.update_async(
        ada.subscription, {"cancel_at_period_end": True}
    )
    await ada.sync()
    await ada.gateway.v1.subscriptions.cancel_async(ada.subscription)
    await ada.sync()

    assert await told(ada) == [
        *("subscription.canceled", "subscription.ending", "payment_method.added"),
        *("subscription.trialing", "customer.signed_up"),
    ]


async def test_what_stripe_has_no_longer_is_told_as_ended(ada: Subscriber) -> None:
    await run_sql("UPDATE subscription SET stripe_id = 'sub_gone'")

    await sync_object(ada.company, "sub_gone")
    await sync_object(ada.company, "sub_gone")

    assert (await told(ada))[0] == "subscription.canceled"
    assert (await told(ada)).count("subscription.canceled") == 1


async def test_two_copies_side_by_side_are_told_as_one(ada: Subscriber) -> None:
    for action in ("subscription.trialing", "subscription.active", "subscription.active"):
        await record(action, company=ada.company, actor="stripe", object_id=ada.subscription)

    assert await told(ada) == [
        "subscription.active", "subscription.trialing", "customer.signed_up"
    ]  # fmt: skip


async def test_the_history_is_read_in_pages_without_a_gap_or_a_double(ada: Subscriber) -> None:
    for at in range(9):
        action = ("payment_method.changed", "payment_method.added")[at % 2]
        await record(action, company=ada.company, actor="stripe", object_id=ada.id)
    everything = [entry.id for entry in (await history_of(ada.id, ALL)).entries]

    read: list[int] = []
    page = await history_of(ada.id, ALL, limit=4)
    while True:
        read += [entry.id for entry in page.entries]
        if page.next_before is None:
            break
        page = await history_of(ada.id, ALL, limit=4, before=page.next_before)

    assert read == everything == sorted(everything, reverse=True)
    assert len(read) == 11


async def test_nobody_reads_what_happened_to_another(ada: Subscriber) -> None:
    await record(
        "customer.signed_up", company=ada.company, actor="customer", object_id="cust_other"
    )

    assert await told(ada) == ["subscription.trialing", "customer.signed_up"]

"""What a seller counted reaches Stripe's meter once, however often it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal import clock
from portal.database import run_sql
from portal.subscriptions.refresh import refresh
from portal.subscriptions.usage_kept import Fit, Taken, Use
from portal.subscriptions.usage_sent import send_usage
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.shelves import sell_parts
from tests.subscriptions.conftest import Subscriber, subscriber


@pytest.fixture
async def ada(shop: Shop) -> Subscriber:
    """Ada, who holds a plan with calls that a meter counts."""
    return await subscriber(await sell_parts(shop), "house")


def call(ada: Subscriber, event_id: str = "call-1", quantity: str = "2.5", **told: Any) -> Use:
    return replace(Use(event_id, ada.id, "calls", quantity, clock.now()), **told)


def states(taken: list[Taken]) -> list[tuple[str, str]]:
    return [(one.state, one.problem.code if one.problem else "") for one in taken]


async def counted(ada: Subscriber) -> Decimal:
    """Sum up what Stripe's meter has of her."""
    (meter,) = await ada.shop.stripe.objects("billing.meter")
    now = clock.now()
    return await ada.gateway.fetch_use(
        meter["id"], ada.stripe_id, since=now - timedelta(days=1), until=now + timedelta(hours=1)
    )


async def test_what_is_told_again_is_counted_once(ada: Subscriber) -> None:
    use = call(ada)

    first = await send_usage(ada.company, [use, use, call(ada, "call-2", "1")])
    again = await send_usage(ada.company, [use])
    await ada.shop.work()
    # As it was kept while an event_id was one of its seller's, whichever the site.
    kept = Fit(use, ada.company, "site_1")
    await run_sql("UPDATE usage_event SET id = {} WHERE id = {}", kept.former_id, kept.id)
    old = await send_usage(ada.company, [use, replace(use, quantity="3")])
    await ada.shop.work()

    assert states(first) == [("taken", ""), ("duplicate", ""), ("taken", "")]
    assert states(again) == [("duplicate", "")]
    assert states(old) == [("duplicate", ""), ("refused", "event_id_reused")]
    assert await counted(ada) == Decimal("3.5")
    rows = await run_sql("SELECT state, problem FROM usage_event")
    assert [(row["state"], row["problem"]) for row in rows] == [("sent", "")] * 2


@ON_SQLITE
async def test_an_answer_that_was_lost_counts_nothing_twice(ada: Subscriber) -> None:
    await ada.shop.stripe.fault(
        match="POST /v1/billing/meter_events",
        fault="status",
        status=500,
        saved=True,
        when="after",
        times=1,
    )

    await send_usage(ada.company, [call(ada)])
    await ada.shop.work_in_the_end()

    assert await counted(ada) == Decimal("2.5")
    assert (await run_sql("SELECT state FROM usage_event"))[0]["state"] == "sent"


@ON_SQLITE
async def test_what_cannot_be_counted_is_refused_alone(ada: Subscriber) -> None:
    now = clock.now()
    uses = [
        call(ada, "1", customer="cust_nobody"),
        call(ada, "2", meter="steps"),
        call(ada, "3", at=now - timedelta(days=36)),
        call(ada, "4", at=now + timedelta(minutes=6)),
        call(ada, "5"),
        call(ada, "5", "7"),
    ]

    taken = await send_usage(ada.company, uses)
    foreign = await send_usage("comp_2", [call(ada, "6")])

    assert states(taken) == [
        ("refused", "customer_unknown"),
        ("refused", "meter_unknown"),
        ("refused", "too_old"),
        ("refused", "too_early"),
        ("taken", ""),
        ("refused", "event_id_reused"),
    ]
    assert states(foreign) == [("refused", "customer_unknown")]
    assert len(await run_sql("SELECT id FROM usage_event")) == 1


@ON_SQLITE
async def test_what_stripe_refuses_is_written_down(ada: Subscriber) -> None:
    meters = await ada.shop.stripe.objects("billing.meter")
    await ada.shop.stripe.post(f"billing/meters/{meters[0]['id']}/deactivate", {})

    await send_usage(ada.company, [call(ada)])
    await ada.shop.work()

    (row,) = await run_sql("SELECT state, problem FROM usage_event")
    assert row["state"] == "refused"
    assert row["problem"]


@ON_SQLITE
async def test_what_was_sent_is_in_the_totals(ada: Subscriber) -> None:
    await send_usage(ada.company, [call(ada, "1", "3"), call(ada, "2", "4")])
    await ada.shop.work()
    await ada.passes(60)

    await refresh(ada.id)

    (calls,) = [item for item in (await ada.hold()).items if item.usage]
    assert calls.used is not None
    assert calls.used.quantity == 7

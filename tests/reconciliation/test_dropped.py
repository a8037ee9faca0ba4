"""Stripe delivers over HTTP, and some of its deliveries are lost on the way."""

from __future__ import annotations

from portal.database import run_sql
from tests.reconciliation.conftest import Swept, delivered, listening

__all__ = ["listening"]

PEOPLE = 6
LOST = 0.3


async def test_what_was_lost_on_the_way_is_made_good(swept: Swept, listening: None) -> None:
    await swept.shop.stripe.control("POST", "/webhooks", {"drop": LOST, "seed": 11})
    made = await swept.people(PEOPLE)
    await delivered(swept)
    await swept.sweep(full=False)
    v1 = await swept.v1()
    for number, row in enumerate(made):
        held = row["subscription_stripe_id"]
        if number % 2:
            await v1.subscriptions.cancel_async(held)
        else:
            await v1.subscriptions.update_async(held, {"cancel_at_period_end": True})
    lost = await delivered(swept)
    assert lost
    assert (await swept.look()).drift > 0, "the negative control: they are behind without a sweep"

    report = await swept.sweep(full=False)

    assert report.heard_again > 0
    assert (await swept.look()).differences == []
    assert await swept.matches_stripe()
    rows = await run_sql("SELECT event_id FROM inbox_event WHERE event_id LIKE 'evt_%'")
    assert len({row["event_id"] for row in rows}) == len(rows)

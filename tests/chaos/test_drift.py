"""Events lost, customers deleted at Stripe, a database from an old backup: one sweep mends it."""

from __future__ import annotations

from typing import Any

from tests.chaos.figures import Figures
from tests.chaos.scale import SEED, dice, scaled
from tests.reconciliation.conftest import (
    Swept,
    back_up,
    delivered,
    listening,
    restore,
    swept,
)

__all__ = ["listening", "swept"]

PEOPLE = scaled(10, 300)
LATER = scaled(5, 100)
DELETED = scaled(3, 20)
# Of every hundred deliveries; few people have few events, of which some must be lost.
LOST = scaled(30, 5)


async def test_one_sweep_and_there_is_no_difference(
    swept: Swept, listening: None, figures: Figures
) -> None:
    people = await swept.people(PEOPLE)
    await delivered(swept)
    backup = await back_up()
    await swept.people(LATER)
    lost_customers = (await swept.customers())[PEOPLE:]
    lost_events = await _go_on_at_stripe(swept, people)
    await restore(backup)
    await swept.shop.work()
    # The negative control: left to itself it stays apart.
    apart = (await swept.look()).drift
    assert apart >= LATER + DELETED
    assert not await swept.matches_stripe()

    report = await swept.sweep()

    left, again = await swept.look(), await swept.sweep()
    made = await _sign_up_again(swept, lost_customers)
    figures.add(
        f"{LOST} % of events dropped, {DELETED} customers deleted at Stripe,"
        f" a database {LATER} sign-ups old; one sweep",
        mark="0 differences",
        got=f"{left.drift} left of {report.drift}",
        met=left.drift == again.drift == 0,
    )
    figures.add(
        f"re-sign-up of those {LATER}",
        mark="0 new Stripe customers",
        got=f"{made} new",
        met=made == 0,
    )
    assert lost_events
    assert report.outcomes()["adopted"] == LATER
    assert report.outcomes()["detached"] == DELETED
    assert (left.differences, again.differences, made) == ([], [], 0)
    assert await swept.matches_stripe()


async def _go_on_at_stripe(swept: Swept, people: list[dict[str, Any]]) -> int:
    """Change plans and delete customers there, while deliveries are lost; return how many were."""
    luck, v1 = dice("drift"), await swept.v1()
    before = await delivered(swept)
    await swept.shop.stripe.control("POST", "/webhooks", {"drop": LOST / 100, "seed": SEED})
    holders = {row["id"]: row["stripe_id"] for row in await swept.customers()}
    gone = luck.sample(people, DELETED)
    for row in gone:
        await v1.customers.delete_async(holders[row["customer"]])
    for row in (row for row in people if row not in gone):
        held = row["subscription_stripe_id"]
        if luck.random() < 0.5:
            await v1.subscriptions.cancel_async(held)
        else:
            await v1.subscriptions.update_async(held, {"cancel_at_period_end": True})
    lost = await delivered(swept) - before
    await swept.shop.stripe.control("POST", "/webhooks", {"drop": 0})
    return lost


async def _sign_up_again(swept: Swept, lost: list[dict[str, Any]]) -> int:
    """Have people sign up whom the backup did not know; return how many more Stripe has then."""
    before, _ = await swept.shop.counts()
    for row in lost:
        await swept.shop.sign_up("studio", email=row["email"], browser="another browser")
    await swept.shop.work()
    after, _ = await swept.shop.counts()
    return after - before

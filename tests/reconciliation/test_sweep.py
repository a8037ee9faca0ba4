"""What drifted apart comes together in one sweep, and the second finds nothing."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import time_machine

from portal import clock
from portal.database import run_sql
from portal.operations.claim import LEASE
from tests.onboarding.shop import operations
from tests.reconciliation.conftest import Swept, back_up, deliver, restore

PEOPLE = 6
# Fewer failures in a row than Stripe counts as down after.
FEW = 4

KEPT = (
    "customer", "site", "plan", "price", "state", "subscription_stripe_id", "lasting_amount",
)  # fmt: skip


async def test_what_agrees_is_no_difference(swept: Swept) -> None:
    await swept.people(3)

    report = await swept.look()

    assert (report.differences, report.overdue, await swept.matches_stripe()) == ([], [], True)


async def test_a_backup_that_is_old_is_brought_up_by_one_sweep(swept: Swept) -> None:
    await swept.people(2)
    backup = await back_up()
    lost = await swept.people(PEOPLE)
    await restore(backup)
    # The negative control: nothing brings them back by itself.
    await swept.shop.work()
    assert len(await swept.customers()) == 2
    assert (await swept.look()).outcomes() == {"adopted": PEOPLE}

    report = await swept.sweep()

    assert report.outcomes() == {"adopted": PEOPLE}
    assert (await swept.look()).differences == []
    assert (await swept.sweep()).differences == []
    assert await swept.matches_stripe()
    again = {row["id"]: row for row in await run_sql("SELECT * FROM onboarding")}
    for row in lost:
        assert {name: again[row["id"]][name] for name in KEPT} == {name: row[name] for name in KEPT}


async def test_who_was_lost_and_signs_up_again_is_no_second_customer(swept: Swept) -> None:
    backup = await back_up()
    await swept.people(PEOPLE)
    before = await swept.customers()
    await restore(backup)
    await swept.sweep()
    counts = await swept.shop.counts()

    for row in before:
        signed_up = await swept.shop.sign_up("studio", email=row["email"])
        assert (signed_up.customer, signed_up.is_new) == (row["id"], False)
    await swept.shop.work()

    assert await swept.shop.counts() == counts
    told = ("id", "site", "email", "email_key", "first_name", "last_name", "organisation", "line1",
            "city", "postal_code", "country", "phone_e164", "stripe_id", "status")  # fmt: skip
    for was, row in zip(before, await swept.customers(), strict=True):
        assert {name: row[name] for name in told} == {name: was[name] for name in told}


async def test_without_the_sweep_they_would_be_doubled(swept: Swept) -> None:
    backup = await back_up()
    await swept.people(2)
    before = await swept.customers()
    await restore(backup)

    for row in before:
        await swept.shop.sign_up("studio", email=row["email"])
    await swept.shop.work()

    await swept.settle()
    assert await swept.shop.counts() == (4, 4)
    assert (await swept.sweep()).outcomes() == {"reported": 2}


async def test_what_was_deleted_at_stripe_is_detached_and_not_made_again(swept: Swept) -> None:
    await swept.people(PEOPLE)
    gone = (await swept.customers())[: PEOPLE // 2]
    v1 = await swept.v1()
    for row in gone:
        await v1.customers.delete_async(row["stripe_id"])
    assert not await swept.matches_stripe()

    report = await swept.sweep()

    assert report.outcomes() == {"detached": len(gone), "repaired": len(gone)}
    assert (await swept.look()).differences == []
    assert await swept.matches_stripe()
    status = {row["id"]: row["status"] for row in await swept.customers()}
    assert {status[row["id"]] for row in gone} == {"detached"}
    counts = await swept.shop.counts()
    for row in gone:
        await swept.shop.sign_up("studio", email=row["email"])
    await swept.shop.work()
    assert await swept.shop.counts() == counts


async def test_a_subscription_that_ended_at_stripe_is_repaired(swept: Swept) -> None:
    made, other = await swept.people(2)
    v1 = await swept.v1()
    await v1.subscriptions.cancel_async(made["subscription_stripe_id"])
    await v1.subscriptions.update_async(
        other["subscription_stripe_id"], {"cancel_at_period_end": True}
    )

    report = await swept.sweep()

    lines = {found.stripe_id: str(found) for found in report.differences}
    assert len(lines) == 2
    assert "status trialing" in lines[made["subscription_stripe_id"]]
    assert "/ repaired" in lines[made["subscription_stripe_id"]]
    assert "cancel_at_period_end True" in lines[other["subscription_stripe_id"]]
    assert await swept.matches_stripe()
    assert (await swept.look()).differences == []


async def test_events_that_never_came_are_heard_again_once(swept: Swept) -> None:
    dice = random.Random(7)
    made = await swept.people(PEOPLE)
    await deliver(swept.shop, lost=set())
    await swept.sweep(full=False)
    v1 = await swept.v1()
    for row in made:
        held = row["subscription_stripe_id"]
        if dice.random() < 0.5:
            await v1.subscriptions.cancel_async(held)
        else:
            await v1.subscriptions.update_async(held, {"cancel_at_period_end": True})
    happened = [one["id"] for one in (await swept.shop.stripe.control("GET", "/events"))["events"]]
    lost = set(dice.sample(happened[-PEOPLE:], max(1, PEOPLE // 5)))
    count = await deliver(swept.shop, lost=lost)
    assert not await swept.matches_stripe() or await _differs(swept)

    report = await swept.sweep(full=False)

    assert (report.drift, report.heard_again) == (len(lost), len(lost))
    assert await swept.matches_stripe()
    assert not await _differs(swept)
    again = await swept.sweep(full=False)
    assert (again.drift, again.heard_again) == (0, 0)
    # Stripe delivers them after all: they are the same rows.
    await deliver(swept.shop, lost=set())
    rows = await run_sql("SELECT event_id, state FROM inbox_event")
    assert len({row["event_id"] for row in rows}) == len(rows) <= count
    assert {row["state"] for row in rows} <= {"done", "ignored"}


async def _differs(swept: Swept) -> bool:
    return bool((await swept.look()).differences)


async def test_looking_changes_nothing(swept: Swept) -> None:
    backup = await back_up()
    await swept.people(2)
    await restore(backup)
    await swept.people(2)
    v1 = await swept.v1()
    first, second = await swept.customers()
    await v1.customers.delete_async(first["stripe_id"])
    before, there = await back_up(), await swept.shop.stripe.objects("customer")
    asked = len(await swept.shop.stripe.calls())

    report = await swept.look()
    await swept.look(full=False)

    assert report.drift > 2
    assert await back_up() == before
    assert await swept.shop.stripe.objects("customer") == there
    calls = (await swept.shop.stripe.calls())[asked:]
    assert {method for method, _ in calls} == {"GET"}
    assert second["status"] == "active"


async def test_a_day_later_the_half_that_had_effect_is_not_made_twice(swept: Swept) -> None:
    for number in range(FEW):
        when = "after" if number % 2 else "before"
        await swept.shop.stripe.fault(match="POST /v1/customers", fault="reset", when=when, times=1)
        await swept.shop.sign_up(email=f"ada{number}@lovelace.example", browser=str(number))
        await swept.shop.work()
        await swept.shop.stripe.mend()
        await _put_off()
    # What waits for its answer is not anybody's double.
    assert (await swept.look()).differences == []
    await swept.shop.stripe.control("POST", "/clock", {"advance": 25 * 3600})

    with time_machine.travel(clock.now() + timedelta(hours=25), tick=True):
        report = await swept.sweep()
        assert len(report.overdue) == FEW
        await swept.shop.work_in_the_end()
        await swept.settle()
        assert await swept.shop.counts() == (FEW, FEW)
        again = await swept.sweep()

    assert (again.differences, again.overdue) == ([], [])
    assert {op["state"] for op in await operations()} == {"done"}


async def test_what_waits_long_is_told_and_tried_at_once(swept: Swept) -> None:
    await swept.shop.stripe.fault(match="POST /v1/customers", fault="reset", times=1)
    await swept.shop.sign_up()
    await swept.shop.work()

    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=True):
        await _put_off()
        report = await swept.sweep(full=False)
        await swept.shop.work()

    (late,) = report.overdue
    assert (late.kind, late.reason) == ("create_customer", "unanswered")
    assert any("create_customer waits" in line for line in report.lines())
    assert await swept.shop.counts() == (1, 1)


async def _put_off() -> None:
    """Have what was tried wait for long."""
    await run_sql("UPDATE operation SET next_at = {} WHERE attempts > 0", clock.now() + 2 * LEASE)


async def test_every_change_is_in_the_audit_trail(swept: Swept) -> None:
    backup = await back_up()
    await swept.people(1)
    await restore(backup)
    await swept.sweep()
    (ada,) = await swept.customers()
    await (await swept.v1()).customers.delete_async(ada["stripe_id"])
    await swept.sweep()

    rows: list[dict[str, Any]] = await run_sql(
        "SELECT action, object_id FROM audit_entry WHERE actor = 'reconcile' ORDER BY id"
    )
    held = (await run_sql("SELECT stripe_id FROM subscription"))[0]["stripe_id"]
    assert {(row["action"], row["object_id"]) for row in rows} == {
        ("customer.adopted", ada["id"]),
        ("copy.detached", ada["stripe_id"]),
        ("copy.repaired", held),
    }

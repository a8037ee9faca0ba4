"""What a worker forgets in time: after a month only what somebody still needs is there."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from portal import clock, upkeep
from portal.audit.record import record
from portal.billing import forget as forget_events
from portal.billing.gateway import close_gateways, open_gateway, share_calls
from portal.billing.inbox import keep
from portal.billing.stripe_events import BillingEvent
from portal.database import run_sql, transaction
from portal.operations import forget as forget_operations
from portal.operations.enqueue import enqueue
from tests.databases import ON_SQLITE

MONTH = timedelta(days=30)


async def operation(kind: str, state: str, *, once: str | None = None, ended: bool = True) -> None:
    async with transaction():
        await enqueue(kind, company="comp_1", lane=None, params={"name": "Ada"}, once=once)
    await run_sql(
        "UPDATE operation SET state = {}, done_at = {} WHERE kind = {}",
        *(state, clock.now() if ended else None, kind),
    )


async def event(name: str, state: str) -> None:
    told = BillingEvent(
        f"evt_{name}",
        "customer.updated",
        "cus_1",
        clock.now(),
        livemode=False,
        account=None,
        sha256="0",
    )
    await keep("comp_1", told, accepted=True)
    await run_sql("UPDATE inbox_event SET state = {} WHERE event_id = {}", state, told.event_id)


async def left() -> set[str]:
    operations = await run_sql("SELECT kind FROM operation")
    events = await run_sql("SELECT event_id FROM inbox_event")
    return {row["kind"] for row in operations} | {row["event_id"] for row in events}


async def _everything() -> None:
    await operation("was done", "done")
    await operation("was given up", "failed")
    await operation("may be had once", "done", once="pay:in_1:pm_1")
    await operation("was refused", "refused")
    await operation("waits", "ready", ended=False)
    await event("done", "done")
    await event("ignored", "ignored")
    await event("rejected", "rejected")
    await event("new", "new")


@pytest.mark.parametrize(
    ("age", "forgotten"),
    [
        (MONTH - timedelta(hours=1), set[str]()),
        (
            MONTH + timedelta(hours=1),
            {"was done", "was given up", "evt_done", "evt_ignored", "evt_rejected"},
        ),
    ],
)
async def test_after_a_month_only_what_is_needed_is_left(
    database: str, age: timedelta, forgotten: set[str]
) -> None:
    await _everything()
    before = await left()

    with time_machine.travel(clock.now() + age):
        await upkeep._forget_some()
        await upkeep._forget()

    assert before - await left() == forgotten


async def test_many_rows_are_forgotten_a_few_at_a_time(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in (forget_operations, forget_events):
        monkeypatch.setattr(room, "BATCH", 2)
    for number in range(5):
        await operation(f"done {number}", "done")
        await event(str(number), "done")

    counts: list[int] = []
    with time_machine.travel(clock.now() + 2 * MONTH):
        for _ in range(4):
            await upkeep._forget_some()
            counts.append(len(await left()))

    assert counts == [6, 2, 0, 0]


async def test_a_worker_forgets_by_itself(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_FORGET_SOME_EVERY_S", 0.0)
    await operation("was done", "done")

    with time_machine.travel(clock.now() + 2 * MONTH):
        await upkeep.Upkeep().do_what_is_due()

    assert await left() == set()


@ON_SQLITE
async def test_a_worker_seals_the_audit_trail_by_itself(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_SEAL_EVERY_S", 0.0)
    await record("customer.signed_up", company="comp_1", actor="customer", object_id="cust_1")

    await (working := upkeep.Upkeep()).do_what_is_due()
    await working.stop()

    assert [row["number"] for row in await run_sql("SELECT number FROM audit_entry")] == [1]


async def test_what_fails_keeps_nothing_else_from_being_done(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(upkeep, "erase_what_is_due", broken)
    monkeypatch.setattr(upkeep, "_FORGET_SOME_EVERY_S", 0.0)
    await operation("was done", "done")

    with time_machine.travel(clock.now() + 2 * MONTH):
        working = upkeep.Upkeep()
        await working.do_what_is_due()
        await working.stop()

    assert await left() == set()
    assert "upkeep.failed task=broken" in caplog.text


async def test_a_newcomer_leaves_the_calls_to_the_others_until_they_count_it(
    database: str,
) -> None:
    """With all of its share at once, two would make half as many calls again as Stripe allows."""
    budget = open_gateway("sk_test_any").transport.budget
    shares = []
    try:
        for worker in (first := upkeep.Upkeep(), second := upkeep.Upkeep(), first, second):
            await worker._say_alive()
            shares.append(1 / budget.processes)
    finally:
        share_calls(1)
        await close_gateways()

    alone, as_newcomer, *both = shares
    assert alone + as_newcomer <= 1.2
    assert both == [0.5, 0.5]

"""One sweep of a company at a time, each company by itself, and when a worker begins by itself."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine

from portal import clock
from portal.database import run_sql, transaction
from portal.operations.save import pause_company
from portal.reconciliation import schedule
from portal.reconciliation.lease import LASTS, AlreadyUnderWay, take
from portal.reconciliation.lease import Swept as Before
from portal.reconciliation.lease import swept as how_far
from portal.reconciliation.schedule import is_full_due, read_since, sweep_what_is_due
from portal.reconciliation.sweep import sellers, sweep, sweep_each
from tests.reconciliation.conftest import Swept, back_up, restore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NIGHT = NOON.replace(hour=2)


async def test_two_sweeps_at_once_do_no_harm(swept: Swept) -> None:
    backup = await back_up()
    await swept.people(4)
    await restore(backup)

    done = await asyncio.gather(swept.sweep(), swept.sweep(), return_exceptions=True)

    assert [type(one) for one in done if isinstance(one, Exception)] == [AlreadyUnderWay]
    assert (await swept.look()).differences == []
    assert len(await swept.customers()) == 4


async def test_a_sweep_whose_process_died_is_taken_over(swept: Swept) -> None:
    before = await how_far("comp_1", begin=True)
    lease = await take("comp_1", full=False, before=before)
    with pytest.raises(AlreadyUnderWay):
        await swept.sweep()

    with time_machine.travel(clock.now() + LASTS + timedelta(seconds=1), tick=True):
        await swept.sweep()
        lease._renew_at = 0.0
        with pytest.raises(AlreadyUnderWay):
            await lease.renew()


async def test_a_lease_is_renewed_while_it_is_held(swept: Swept) -> None:
    lease = await take("comp_1", full=False, before=await how_far("comp_1"))
    lease._renew_at = 0.0

    with time_machine.travel(clock.now() + LASTS / 2, tick=True):
        await lease.renew()
    with (
        time_machine.travel(clock.now() + LASTS + timedelta(seconds=1), tick=True),
        pytest.raises(AlreadyUnderWay),
    ):
        await swept.sweep()


async def test_who_comes_second_does_not_sweep_again(swept: Swept) -> None:
    (seller,) = await sellers()
    before = await how_far("comp_1", begin=True)
    await sweep(seller, carry_out=True, before=before)

    with pytest.raises(AlreadyUnderWay):
        await sweep(seller, carry_out=True, before=before)


async def test_one_company_that_fails_keeps_no_other_from_it(swept: Swept) -> None:
    backup = await back_up()
    await swept.people(1)
    await restore(backup)
    await run_sql(
        "INSERT INTO company (id, key, name, created_at, livemode) VALUES ({}, {}, {}, {}, {})",
        *("comp_0", "mallory", "Mallory", clock.now() - timedelta(days=9), True),
    )

    reports = [report async for report in sweep_each(full=True, since=None, carry_out=True)]

    assert [(one.company, one.drift) for one in reports] == [("mallory", 0), ("acme", 1)]
    assert reports[0].problem.startswith("key_rejected")
    assert "not compared to the end" in "".join(reports[0].lines())
    (row,) = await run_sql("SELECT full_at, problem FROM reconciliation WHERE company = 'comp_0'")
    assert row["full_at"] is None
    assert row["problem"].startswith("key_rejected")
    (row,) = await run_sql("SELECT ended_at, drift FROM reconciliation WHERE company = 'comp_1'")
    assert row["ended_at"] is not None
    assert row["drift"] == 1


async def test_a_short_trouble_at_stripe_is_waited_for(
    swept: Swept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.billing.stripe_lists._PAUSES_S", (0.0, 0.0, 0.0))
    await swept.people(2)
    for status in (429, 500):
        await swept.shop.stripe.fault(match="GET /v1/*", fault="status", status=status, times=1)
    await swept.shop.stripe.fault(match="GET /v1/customers", fault="reset", times=1)

    assert (await swept.sweep()).differences == []


async def test_a_long_trouble_at_stripe_leaves_all_as_it_was(
    swept: Swept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.billing.stripe_lists._PAUSES_S", (0.0,))
    await swept.people(2)
    await swept.shop.stripe.fault(match="GET /v1/subscriptions", fault="status", status=500)
    (seller,) = await sellers()
    before = await run_sql("SELECT * FROM customer")

    report = await sweep(seller, full=True, carry_out=True, calls_per_s=1000)

    assert report.problem.startswith("indeterminate")
    assert await run_sql("SELECT * FROM customer") == before
    after = await how_far("comp_1")
    assert (after.full_at, after.heard_until) == (None, None)


async def test_a_worker_sweeps_what_is_due_and_says_so(
    swept: Swept, caplog: pytest.LogCaptureFixture
) -> None:
    backup = await back_up()
    await swept.people(1)
    await restore(backup)
    await sweep_what_is_due()
    # A new company is not swept at once.
    assert await swept.customers() == []

    with caplog.at_level(logging.INFO), time_machine.travel(NIGHT + timedelta(days=400), tick=True):
        await sweep_what_is_due()
        await sweep_what_is_due()

    assert len(await swept.customers()) == 1
    assert caplog.text.count("reconcile.done") == 1
    assert "/ adopted" in caplog.text
    assert "lovelace" not in caplog.text


async def test_a_company_that_is_held_is_not_asked_for(swept: Swept) -> None:
    await how_far("comp_1", begin=True)
    async with transaction():
        await pause_company("comp_1", "key revoked")
    asked = len(await swept.shop.stripe.calls())

    with time_machine.travel(clock.now() + timedelta(days=2), tick=True):
        await sweep_what_is_due()

    assert len(await swept.shop.stripe.calls()) == asked


async def test_a_worker_looks_once_a_minute_and_breaks_off_when_it_stops(
    swept: Swept, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()
    ended: list[str] = []

    async def slowly() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("broke off")

    monkeypatch.setattr(schedule, "sweep_what_is_due", slowly)
    sweeps = schedule.Sweeps()
    sweeps.begin_what_is_due()
    assert sweeps._task is None
    sweeps._look_at = 0.0
    sweeps.begin_what_is_due()
    first = sweeps._task
    sweeps._look_at = 0.0
    sweeps.begin_what_is_due()
    assert sweeps._task is first
    await begun.wait()

    await sweeps.stop()

    assert ended == ["broke off"]


async def test_a_mistake_of_ours_ends_no_worker(
    swept: Swept, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def mistaken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(schedule, "sweep", mistaken)
    await how_far("comp_1", begin=True)

    with time_machine.travel(clock.now() + timedelta(days=2), tick=True):
        await sweep_what_is_due()
        monkeypatch.setattr(schedule, "sellers", mistaken)
        await schedule._sweep()

    assert caplog.text.count("reconcile.failed") == 2


@pytest.mark.parametrize(
    ("changed", "full", "now", "due"),
    [
        (timedelta(minutes=14), timedelta(minutes=14), NOON, None),
        (timedelta(minutes=15), timedelta(hours=9), NOON, False),
        (timedelta(minutes=15), timedelta(hours=19), NIGHT, False),
        (timedelta(minutes=15), timedelta(hours=20), NIGHT, True),
        (timedelta(minutes=15), timedelta(hours=20), NOON, False),
        (timedelta(minutes=14), timedelta(hours=20), NIGHT, None),
        (timedelta(minutes=15), timedelta(hours=36), NOON, True),
        # A clock that was set back keeps nobody waiting.
        (timedelta(days=-9), timedelta(days=-9), NOON, True),
    ],
)
def test_when_a_sweep_is_due(
    changed: timedelta, full: timedelta, now: datetime, due: bool | None
) -> None:
    assert is_full_due(Before(now - changed, now - full, None), now) is due


def test_since_is_read_as_it_is_written() -> None:
    with time_machine.travel(NOON, tick=False):
        assert read_since("36h") == NOON - timedelta(hours=36)
        assert read_since("7d") == NOON - timedelta(days=7)
    assert read_since("2026-11-22T12:00") == NOON
    assert read_since("2026-11-22T13:00+01:00") == NOON
    for text in ("", "soon", "d", "-1d", "²d"):
        with pytest.raises(ValueError, match="Write it as"):
            read_since(text)


async def test_stripe_is_asked_at_the_rate_that_was_given(swept: Swept) -> None:
    await swept.people(1)
    (seller,) = await sellers()
    await swept.shop.stripe.control("DELETE", "/requests")

    await sweep(seller, full=True, calls_per_s=5.0)

    seen = (await swept.shop.stripe.control("GET", "/requests"))["requests"]
    times = [request["time"] for request in seen]
    assert len(times) >= 3
    assert all(later - sooner > 0.15 for sooner, later in pairwise(times))

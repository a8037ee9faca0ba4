"""Claiming: one worker at a time, in the order of the lane."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import time_machine

from portal import clock
from portal.database import run_sql, transaction
from portal.operations import save
from portal.operations.claim import LEASE, Lanes, bring_back, claim_next, is_any_due
from tests.operations.owing import claim_all, claim_one, make_due, owe, row_of


async def test_what_is_owed_can_be_claimed_once(database: str) -> None:
    await owe(params={"bell": "door"})

    first, second = await claim_all(), await claim_all()

    assert [op.params for op in first] == [{"bell": "door"}]
    assert second == []


async def test_the_first_sending_is_written_down_before_it_happens(database: str) -> None:
    await owe()

    op = await claim_one()

    assert (await row_of(op))["first_sent_at"] is not None
    assert op.attempts == 1
    assert clock.now() - op.first_sent_at < timedelta(seconds=5)


async def test_of_a_lane_only_the_lowest_is_claimed(database: str) -> None:
    for lane in ("stripe:ada", "stripe:ada", "stripe:grace"):
        await owe(lane)

    claimed = await claim_all()

    assert sorted(op.lane for op in claimed) == ["stripe:ada", "stripe:grace"]


async def test_operations_without_a_lane_wait_for_nobody(database: str) -> None:
    for _ in range(3):
        await owe(None)

    assert len(await claim_all()) == 3


async def test_a_done_operation_lets_its_lane_go_on(database: str) -> None:
    await owe()
    await owe()
    op = await claim_one()

    async with transaction():
        await save.finish(op, "bell_1")
        following = await claim_next(op)

    assert following is not None
    assert following.id > op.id
    assert await claim_all() == []


async def test_a_refused_operation_holds_its_lane_and_a_failed_one_does_not(database: str) -> None:
    for lane in ("stripe:ada", "stripe:ada", "stripe:grace", "stripe:grace"):
        await owe(lane)
    ada, grace = await claim_all()

    await save.refuse(ada, "no", "No.")
    await save.fail(grace, "no", "No.")

    assert [op.lane for op in await claim_all()] == ["stripe:grace"]


async def test_a_refused_operation_is_not_followed_within_its_lane(database: str) -> None:
    await owe()
    await owe()
    op = await claim_one()
    await save.refuse(op, "no", "No.")

    async with transaction():
        following = await claim_next(op)

    assert following is None


async def test_a_lease_that_ran_out_is_claimed_again(database: str) -> None:
    await owe()
    op = await claim_one()

    with time_machine.travel(clock.now() + LEASE + timedelta(seconds=1), tick=False):
        again = await claim_one()

    assert again.id == op.id
    assert again.lease_token != op.lease_token
    assert again.first_sent_at == op.first_sent_at


async def test_a_lease_of_a_clock_that_jumped_counts_as_run_out(database: str) -> None:
    await owe()
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
        await claim_one()

    assert len(await claim_all()) == 1


async def test_what_a_clock_that_ran_ahead_wrote_does_not_wait_for_its_hour(database: str) -> None:
    await owe(params={"bell": "tried"})
    await owe("stripe:grace", after=timedelta(hours=2), params={"bell": "later"})
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
        await owe("stripe:mallory", params={"bell": "new"})
        tried = next(op for op in await claim_all() if op.params["bell"] == "tried")
        await save.postpone(tried, clock.now() + timedelta(seconds=1), "unanswered", "")
    assert await claim_all() == []

    await bring_back()

    assert {op.params["bell"] for op in await claim_all()} == {"tried", "new"}


async def test_what_is_put_off_is_not_due_yet(database: str) -> None:
    await owe(after=timedelta(minutes=5))

    assert not await is_any_due(Lanes.STRIPE)
    assert await claim_all() == []
    await make_due()
    assert await is_any_due(Lanes.STRIPE)
    assert len(await claim_all()) == 1


async def test_a_paused_company_keeps_only_what_is_for_stripe_back(database: str) -> None:
    await owe("stripe:ada")
    await owe(None)
    await owe("stripe:mallory", company="comp_2")
    assert await save.pause_company("comp_1", "key revoked")
    assert not await save.pause_company("comp_1", "key revoked")

    paused = await claim_all()
    await save.resume_company("comp_1")
    resumed = await claim_all()

    assert {(op.company, op.lane.partition(":")[0]) for op in paused} == {
        ("comp_1", "own"),
        ("comp_2", "stripe"),
    }
    assert [op.lane for op in resumed] == ["stripe:ada"]


async def test_once_means_once(database: str) -> None:
    await owe(once="bell:1")
    await owe(once="bell:1")

    assert (await run_sql("SELECT COUNT(*) AS n FROM operation"))[0]["n"] == 1


async def test_many_claimers_never_share_an_operation(database: str) -> None:
    for _ in range(40):
        await owe(None)

    shares = await asyncio.gather(*(claim_all(7) for _ in range(8)))

    ids = [op.id for share in shares for op in share]
    assert len(ids) == len(set(ids)) == 40
    assert all(len(share) <= 7 for share in shares)

"""Claiming: one worker at a time, in the order of the lane."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import time_machine

from portal import clock
from portal.database import run_sql, transaction
from portal.operations import save
from portal.operations.claim import (
    LEASE,
    Lanes,
    bring_back,
    bring_forward,
    claim,
    claim_next,
    is_any_due,
)
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


async def test_what_follows_in_a_lane_waits_once_its_company_is_held(database: str) -> None:
    await owe("stripe:ada", params={"bell": "first"})
    await owe("stripe:ada", params={"bell": "second"})
    first = await claim_one()
    assert await save.finish(first, None)
    await save.pause_company("comp_1", "key revoked")
    assert await claim_next(first) is None

    await save.resume_company("comp_1")
    following = await claim_next(first)

    assert following is not None
    assert following.params["bell"] == "second"


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


async def test_whoever_waits_longest_is_claimed_first(database: str) -> None:
    await owe("stripe:grace", after=-timedelta(minutes=1))
    await owe("stripe:ada", after=-timedelta(minutes=3))
    await owe("stripe:mallory", after=-timedelta(minutes=2))

    first = await claim(2, "lease_1", Lanes.STRIPE)
    rest = await claim(2, "lease_2", Lanes.STRIPE)

    assert [op.lane for op in first] == ["stripe:ada", "stripe:mallory"]
    assert [op.lane for op in rest] == ["stripe:grace"]


async def test_of_what_failed_before_only_so_many_are_taken(database: str) -> None:
    for minutes, lane in enumerate(("new", "put_off", "old", "older", "oldest")):
        await owe(f"stripe:{lane}", after=-timedelta(minutes=minutes))
    await run_sql("UPDATE operation SET error_code = 'unanswered' WHERE lane LIKE 'stripe:old%'")
    await run_sql("UPDATE operation SET error_code = 'not_begun' WHERE lane = 'stripe:put_off'")

    some = await claim(9, "lease_1", Lanes.STRIPE, again=2)
    assert await claim(9, "lease_2", Lanes.STRIPE, again=0) == []
    rest = await claim(9, "lease_3", Lanes.STRIPE)

    assert {op.lane: op.has_failed for op in some} == {
        "stripe:new": False,
        "stripe:put_off": False,
        "stripe:older": True,
        "stripe:oldest": True,
    }
    assert [op.lane for op in rest] == ["stripe:old"]


async def test_what_stands_behind_a_failed_one_is_not_due_as_if_it_were_fresh(
    database: str,
) -> None:
    await owe("stripe:ada")
    await owe("stripe:ada")
    assert await is_any_due(Lanes.STRIPE, only_fresh=True)

    await run_sql(
        "UPDATE operation SET error_code = 'unanswered' WHERE id = (SELECT MIN(id) FROM operation)"
    )
    assert not await is_any_due(Lanes.STRIPE, only_fresh=True)
    assert await is_any_due(Lanes.STRIPE)


async def test_what_may_not_go_takes_no_place_of_what_failed_before(database: str) -> None:
    await owe("stripe:ada", after=timedelta(minutes=1))
    await owe("stripe:ada", after=-timedelta(minutes=2))
    await owe("stripe:grace", after=-timedelta(minutes=1))
    await run_sql("UPDATE operation SET error_code = 'unanswered'")

    assert [op.lane for op in await claim(9, "lease_1", Lanes.STRIPE, again=1)] == ["stripe:grace"]


async def test_a_lease_lasts_a_minute_to_the_end(database: str) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        await owe()
        await claim_one()

        time.shift(LEASE)
        assert not await is_any_due(Lanes.STRIPE)
        assert await claim_all() == []
        time.shift(timedelta(milliseconds=1))
        assert await is_any_due(Lanes.STRIPE)
        assert len(await claim_all()) == 1


async def test_what_follows_in_a_lane_is_leased_as_long_as_what_is_claimed(database: str) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        await owe()
        await owe()
        op = await claim_one()
        await save.finish(op, None)
        following = await claim_next(op)
        assert following is not None

        time.shift(LEASE)
        assert await claim_all() == []
        time.shift(timedelta(milliseconds=1))
        again = await claim_one()

    assert (following.lease_token, following.attempts) == (op.lease_token, 1)
    assert (again.id, again.attempts) == (following.id, 2)
    assert following.first_sent_at == again.first_sent_at


async def test_what_follows_in_a_lane_but_is_put_off_is_not_followed_by_what_comes_after(
    database: str,
) -> None:
    await owe()
    await owe(after=timedelta(minutes=5))
    await owe()
    await owe("stripe:grace")
    op = next(op for op in await claim_all() if op.lane == "stripe:ada")

    await save.finish(op, None)

    assert await claim_next(op) is None
    assert await claim_all() == []


async def test_neither_kind_of_lane_finds_what_is_of_the_other(database: str) -> None:
    await owe("stripe:ada")
    assert not await is_any_due(Lanes.OTHERS)
    assert await claim(9, "lease_1", Lanes.OTHERS) == []

    await owe(None)
    await claim(9, "lease_2", Lanes.STRIPE)

    assert not await is_any_due(Lanes.STRIPE)
    assert await is_any_due(Lanes.OTHERS)


async def test_companies_that_are_to_be_left_alone_are(database: str) -> None:
    await owe("stripe:ada")
    await owe("stripe:grace", company="comp_2")
    left = ["comp_1", "comp_3"]

    found = await claim(9, "lease_1", Lanes.STRIPE, but_not_of=left)

    assert [op.company for op in found] == ["comp_2"]
    assert await is_any_due(Lanes.STRIPE)
    assert not await is_any_due(Lanes.STRIPE, but_not_of=left)


async def test_nothing_is_due_of_a_paused_company(database: str) -> None:
    await owe("stripe:ada")
    await save.pause_company("comp_1", "key revoked")

    assert not await is_any_due(Lanes.STRIPE)


async def test_when_stripe_answers_again_what_waited_for_that_is_due(database: str) -> None:
    soon = clock.now() + timedelta(minutes=4)
    for lane, company in [
        ("stripe:ada", "comp_1"),
        ("stripe:grace", "comp_2"),
        ("mail:ada", "comp_1"),
    ]:
        await owe(lane, company=company)
    for op in await claim_all():
        await save.postpone(op, soon, "unanswered", "No answer.")
    await owe("stripe:new", after=timedelta(minutes=4))

    await bring_forward("comp_1")

    assert [op.lane for op in await claim_all()] == ["stripe:ada"]


async def test_what_is_under_way_or_refused_is_not_brought_forward(database: str) -> None:
    for lane in ("stripe:ada", "stripe:grace"):
        await owe(lane)
    for op in await claim_all():
        await save.postpone(op, clock.now(), "unanswered", "No answer.")
    ada, grace = await claim_all()
    await save.refuse(grace, "no", "No.")
    later = clock.now() + timedelta(minutes=4)
    await run_sql("UPDATE operation SET next_at = {}", later)

    await bring_forward("comp_1")

    for op in (ada, grace):
        assert (await run_sql(_IS_AT, op.id, later))[0]["n"] == 1


async def test_what_is_due_is_not_sent_to_the_end_of_the_queue(database: str) -> None:
    await owe()
    await save.postpone(await claim_one(), clock.now(), "unanswered", "No answer.")
    long_ago = clock.now() - timedelta(minutes=9)
    await run_sql("UPDATE operation SET next_at = {}", long_ago)

    await bring_forward("comp_1")

    op = await claim_one()
    assert (await run_sql(_IS_AT, op.id, long_ago))[0]["n"] == 1


async def test_what_is_put_off_by_this_clock_stays_put_off(database: str) -> None:
    await owe("stripe:ada", after=timedelta(minutes=30))
    await owe("stripe:grace")
    await save.postpone(await claim_one(), clock.now() + timedelta(minutes=9), "unanswered", "")

    await bring_back()

    assert await claim_all() == []


async def test_a_try_that_is_put_off_for_longer_than_any_pause_is_brought_back(
    database: str,
) -> None:
    await owe()
    await save.postpone(await claim_one(), clock.now() + timedelta(minutes=11), "unanswered", "")

    await bring_back()

    assert len(await claim_all()) == 1


_IS_AT = "SELECT COUNT(*) AS n FROM operation WHERE id = {} AND next_at = {}"

"""What waits longer than it should: told, and hurried."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from portal import clock
from portal.operations import save
from portal.operations.overdue import OVERDUE, Overdue, hurry, overdue
from tests.operations.owing import KIND, claim_all, claim_one, owe

AN_HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


async def _try_in_vain() -> None:
    for op in await claim_all():
        await save.postpone(op, clock.now() + AN_HOUR, "unanswered", "No answer.")


async def test_what_was_tried_for_ten_minutes_is_overdue_longest_first(database: str) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        await owe("stripe:ada", customer="cust_ada")
        await owe("stripe:nobody")
        await _try_in_vain()

        time.shift(OVERDUE)
        assert await overdue("comp_1") == []
        time.shift(SECOND)
        found = await overdue("comp_1")

    assert [(one.customer, one.kind, one.reason) for one in found] == [
        ("cust_ada", KIND, "unanswered"),
        ("", KIND, "unanswered"),
    ]
    assert all(isinstance(one, Overdue) and one.op_id.startswith("op_") for one in found)


async def test_other_companies_mails_what_ended_and_what_was_never_tried_are_not(
    database: str,
) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        await owe("stripe:grace", company="comp_2")
        await owe("mail:ada")
        await owe("stripe:ada")
        done = next(op for op in await claim_all() if op.lane == "stripe:ada")
        await save.finish(done, None)
        await owe("stripe:later", after=AN_HOUR)

        time.shift(OVERDUE + SECOND)

        assert await overdue("comp_1") == []
        assert len(await overdue("comp_2")) == 1


async def test_what_is_overdue_is_tried_at_once_and_the_rest_when_it_is_time(database: str) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        for lane in ("stripe:ada", "mail:ada"):
            await owe(lane)
        await owe("stripe:grace", company="comp_2")
        await _try_in_vain()
        time.shift(OVERDUE)
        await owe("stripe:young")
        await _try_in_vain()
        time.shift(SECOND)

        await hurry("comp_1")

        assert [op.lane for op in await claim_all()] == ["stripe:ada"]


async def test_what_is_due_already_keeps_its_place(database: str) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        await owe()
        due = clock.now() + SECOND
        await save.postpone(await claim_one(), due, "unanswered", "No answer.")
        time.shift(OVERDUE + SECOND)

        await hurry("comp_1")

        assert (await overdue("comp_1"))[0].reason == "unanswered"
        time.move_to(due)
        assert len(await claim_all()) == 1

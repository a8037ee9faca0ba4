"""Running one operation: what its step answers decides how the row ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal import clock
from portal.database import run_sql
from portal.errors import Indeterminate, KeyRejected, NotBegun, Refused, Unanswered
from portal.operations import keep_lease, save
from portal.operations.carry_out import carry_out
from portal.operations.claim import LEASE
from portal.operations.step import Claimed, Hold, Mended, Step
from portal.operations.wake import WORK, listening
from tests.operations.owing import KIND, claim_all, claim_one, make_due, owe, row_of, send_long_ago


@dataclass
class Bell:
    """A step that answers as it is told, and remembers what it was asked."""

    answers: list[Any]
    finds: Any = None
    mends: Mended | Hold | None = None

    def __post_init__(self) -> None:
        self.rung: list[Claimed] = []
        self.done: list[Any] = []

    def step(self, *, can_find: bool = True, can_mend: bool = True) -> Mapping[str, Step]:
        return {
            KIND: Step(
                self._call,
                self._done,
                find=self._find if can_find else None,
                refused=self._refused if can_mend else None,
            )
        }

    async def _call(self, op: Claimed) -> Any:
        self.rung.append(op)
        return _raised_or_given(self.answers.pop(0))

    async def _find(self, op: Claimed) -> Any:
        return _raised_or_given(self.finds)

    async def _done(self, op: Claimed, result: Any) -> None:
        self.done.append(result)

    async def _refused(self, op: Claimed, refused: Refused) -> Mended | Hold | None:
        return self.mends


def _raised_or_given(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


@dataclass(frozen=True)
class Made:
    stripe_id: str | None


async def run(bell: Bell, *, goes_on: bool = True, **how: bool) -> Claimed | None:
    return await carry_out(await claim_one(), bell.step(**how), goes_on=lambda: goes_on)


async def only_row() -> Mapping[str, Any]:
    (row,) = await run_sql("SELECT * FROM operation")
    return row


@pytest.mark.parametrize(
    ("result", "kept"),
    [("cus_1", "cus_1"), (Made("sub_1"), "sub_1"), (Made(None), None), (None, None), (7, None)],
)
async def test_of_a_result_its_id_is_kept(database: str, result: Any, kept: str | None) -> None:
    await owe()
    bell = Bell([result])

    await run(bell)

    row = await only_row()
    assert (row["state"], row["result_id"]) == ("done", kept)
    assert bell.done == [result]


async def test_what_follows_in_the_lane_is_given_back_leased(database: str) -> None:
    await owe(params={"bell": "first"})
    await owe(params={"bell": "second"})

    following = await run(Bell(["cus_1"]))

    assert following is not None
    assert following.params == {"bell": "second"}
    assert await claim_all() == []


async def test_who_is_to_stop_takes_nothing_more(database: str) -> None:
    await owe()
    await owe()

    assert await run(Bell(["cus_1"]), goes_on=False) is None
    assert len(await claim_all()) == 1


async def test_whoever_waits_for_it_is_told_and_the_worker_of_what_may_have_been_written(
    database: str,
) -> None:
    await owe(subject="onbo_1")

    with listening("onbo_1") as waiting, listening(WORK) as worker:
        await run(Bell(["cus_1"]))

        assert await waiting.heard(0.0)
        assert await worker.heard(0.0)


async def test_a_lease_lasts_as_long_as_its_step(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody takes it from a step that takes longer, and so nobody takes the next key."""
    monkeypatch.setattr(keep_lease, "EVERY_S", 0.01)
    await owe()
    op = await claim_one()
    others: list[Claimed] = []

    async def slow(op: Claimed) -> str:
        with time_machine.travel(clock.now() + LEASE * 0.9, tick=False):
            async with asyncio.timeout(10.0):
                while not await extended(op):  # noqa: ASYNC110 - a timer's doing
                    await asyncio.sleep(0.01)
        with time_machine.travel(clock.now() + LEASE * 1.5, tick=False):
            others.extend(await claim_all())
        return "cus_1"

    await carry_out(op, {KIND: Step(slow, Bell([])._done)}, goes_on=lambda: True)

    assert others == []
    assert (await only_row())["state"] == "done"


async def extended(op: Claimed) -> bool:
    row = await row_of(op)
    return clock.stored_moment(row["lease_until"]) > clock.now() + LEASE / 2


async def test_a_step_that_takes_no_longer_costs_no_statement_for_its_lease(
    database: str,
) -> None:
    await owe()
    op = await claim_one()
    bell = Bell(["cus_1"])
    until = (await row_of(op))["lease_until"]
    seen: list[Any] = []

    async def quick(op: Claimed) -> str:
        await asyncio.sleep(0.05)
        seen.append((await row_of(op))["lease_until"])
        return "cus_1"

    await carry_out(op, {KIND: Step(quick, bell._done)}, goes_on=lambda: True)

    assert seen == [until]


async def test_a_look_of_somebody_who_lost_the_lease_is_not_written(database: str) -> None:
    await owe()
    late = await claim_one()
    await save.release(late)
    holder = await claim_one()
    bell = Bell(["goes", "stays"])
    looks = {KIND: Step(bell._call, bell._done, only_looks=True)}

    await carry_out(late, looks, goes_on=lambda: True)
    assert bell.done == []
    await carry_out(holder, looks, goes_on=lambda: True)

    assert bell.done == ["stays"]


async def test_of_two_who_have_the_result_the_first_writes_it(database: str) -> None:
    await owe()
    late = await claim_one()
    await save.release(late)
    holder = await claim_one()
    bell = Bell(["cus_1", "cus_1"])

    assert await carry_out(late, bell.step(), goes_on=lambda: True) is None
    assert await carry_out(holder, bell.step(), goes_on=lambda: True) is None

    assert bell.done == ["cus_1"]
    assert (await row_of(late))["state"] == "done"


async def test_what_fails_for_who_lost_the_lease_says_nothing(database: str) -> None:
    await owe()
    late = await claim_one()
    await save.release(late)
    holder = await row_of(await claim_one())

    await carry_out(late, Bell([Unanswered("reset")]).step(), goes_on=lambda: True)

    assert await row_of(late) == holder


@pytest.mark.parametrize(
    ("error", "code", "generation"),
    [
        (Unanswered("reset"), "unanswered", 1),
        (NotBegun("rate_limit"), "not_begun", 1),
        (KeyError("ours"), "KeyError", 1),
    ],
)
async def test_what_may_have_happened_is_tried_again_under_the_same_key(
    database: str, error: Exception, code: str, generation: int
) -> None:
    await owe()

    assert await run(Bell([error])) is None

    row = await only_row()
    assert (row["state"], row["generation"], row["error_code"]) == ("ready", generation, code)
    assert row["lease_token"] is None
    assert row["error_text"] == str(error)


async def test_it_comes_back_when_it_was_told_to(database: str) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        await owe()
        await run(Bell([NotBegun("rate_limit", retry_after_s=7.0)]))

        time.shift(timedelta(seconds=6.9))
        assert await claim_all() == []
        time.shift(timedelta(seconds=0.1))
        assert len(await claim_all()) == 1


async def test_what_failed_once_has_failed_also_when_the_next_try_was_not_begun(
    database: str,
) -> None:
    await owe()
    outcomes = (NotBegun("rate_limit"), False), (Unanswered("reset"), True), (NotBegun(), True)
    for error, has_failed in outcomes:
        await run(Bell([error]))
        await make_due()
        again = await claim_one()
        assert again.has_failed is has_failed
        await save.release(again)

    row = await only_row()
    assert (row["error_code"], row["error_text"]) == ("unanswered", "reset")


async def test_a_saved_failure_is_looked_up_and_adopted(database: str) -> None:
    await owe()
    bell = Bell([Indeterminate("api_error")], finds="cus_1")

    await run(bell)

    row = await only_row()
    assert (row["state"], row["result_id"], row["generation"]) == ("done", "cus_1", 1)


@pytest.mark.parametrize("can_find", [True, False])
async def test_a_saved_failure_that_left_nothing_gets_the_next_key(
    database: str, can_find: bool
) -> None:
    await owe()

    await run(Bell([Indeterminate("api_error")]), can_find=can_find)

    row = await only_row()
    assert (row["state"], row["generation"]) == ("ready", 2)
    assert row["error_code"] == "nothing_found"


async def test_a_look_up_that_fails_keeps_the_key(database: str) -> None:
    await owe()

    await run(Bell([Indeterminate("api_error")], finds=Indeterminate("api_error")))

    row = await only_row()
    assert (row["state"], row["generation"]) == ("ready", 1)


async def test_when_the_key_may_be_forgotten_nothing_is_called_before_a_look(
    database: str,
) -> None:
    await owe()
    op = await claim_one()
    await send_long_ago(op, timedelta(hours=24))
    await save.release(op)
    bell = Bell([], finds="cus_1")

    await run(bell)

    assert bell.rung == []
    assert (await only_row())["state"] == "done"


async def test_after_seven_days_and_many_tries_it_is_given_up(database: str) -> None:
    await owe()
    await run_sql(
        "UPDATE operation SET created_at = {}, attempts = 21", clock.now() - timedelta(days=8)
    )
    bell = Bell([], mends=Hold())

    await run(bell)

    row = await only_row()
    assert bell.rung == []
    assert (row["state"], row["error_code"]) == ("failed", "given_up")


@pytest.mark.parametrize(
    ("mends", "state", "generation"),
    [(None, "failed", 1), (Hold(), "refused", 1), (Mended({"bell": "gate"}), "ready", 2)],
)
async def test_a_definite_no_ends_as_its_step_answers(
    database: str, mends: Mended | Hold | None, state: str, generation: int
) -> None:
    await owe(params={"bell": "door"})

    await run(Bell([Refused("no_such_bell", said="No.")], mends=mends))

    row = await only_row()
    assert (row["state"], row["generation"]) == (state, generation)
    code = "" if state == "ready" else "no_such_bell"
    assert (row["error_code"], row["error_text"]) == (code, "no_such_bell: No.")
    if mends and state == "ready":
        again = await claim_one()
        assert (again.params, again.has_failed) == ({"bell": "gate"}, False)


async def test_a_definite_no_that_nobody_reads_is_the_end(database: str) -> None:
    await owe()

    await run(Bell([Refused("no_such_bell")]), can_mend=False)

    assert (await only_row())["state"] == "failed"


async def test_a_refused_key_holds_the_company_and_loses_no_try(database: str) -> None:
    await owe()
    await owe("stripe:grace")
    ada, grace = await claim_all()
    bell = Bell([KeyRejected("api_key_expired"), KeyRejected("api_key_expired")])

    for op in (ada, grace):
        await carry_out(op, bell.step(), goes_on=lambda: True)

    (pause,) = await run_sql("SELECT * FROM pause")
    assert (pause["company"], pause["reason"]) == ("comp_1", "api_key_expired")
    rows = await run_sql("SELECT state, lease_token, error_code FROM operation")
    assert {tuple(row.values()) for row in rows} == {("ready", None, "")}


async def test_a_kind_that_nobody_knows_waits_for_somebody_who_does(database: str) -> None:
    await owe()

    await carry_out(await claim_one(), {}, goes_on=lambda: True)

    row = await only_row()
    assert (row["state"], row["error_code"]) == ("ready", "KeyError")
    await make_due()
    await run(Bell(["cus_1"]))
    assert (await only_row())["state"] == "done"

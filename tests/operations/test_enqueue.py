"""Owing effects: what is written, and who gets a head start."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from portal import clock
from portal.database import run_sql, transaction
from portal.operations.claim import LEASE
from portal.operations.enqueue import Owed, enqueue_all, lane_of_customer
from portal.operations.head_start import begin, close_workplace, find_room, open_workplace
from portal.operations.save import pause_company
from portal.operations.step import Claimed
from portal.operations.wake import WORK, listening
from tests.operations.owing import KIND, claim_all, owe


class Belfry:
    """A workplace with room for one company, that remembers what it began."""

    def __init__(self, company: str = "comp_1") -> None:
        self.company = company
        self.begun: list[Claimed] = []

    def has_room(self, company: str) -> bool:
        return company == self.company

    def begin(self, op: Claimed) -> None:
        self.begun.append(op)


@pytest.fixture
def belfry() -> Iterator[Belfry]:
    place = Belfry()
    open_workplace(place)
    yield place
    close_workplace(place)


def owed(lane: str = "stripe:ada", company: str = "comp_1", once: str | None = None) -> Owed:
    return Owed(KIND, company, lane, {"bell": "door"}, once=once)


async def enqueued(*every: Owed, head_start: bool = True) -> Claimed | None:
    async with transaction():
        first = await enqueue_all(every, head_start=head_start)
    return first


async def test_the_first_of_several_is_born_under_a_lease(database: str, belfry: Belfry) -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        op = await enqueued(owed(), owed("stripe:grace"))
        assert op is not None
        others = await claim_all()
        time.shift(LEASE)
        assert await claim_all() == []
        time.shift(timedelta(milliseconds=1))
        late = await claim_all()

    assert (op.lane, op.attempts, op.params) == ("stripe:ada", 1, {"bell": "door"})
    assert op.first_sent_at == op.created_at
    assert [(other.lane, other.attempts) for other in others] == [("stripe:grace", 1)]
    assert [(again.op_id, again.attempts) for again in late if again.lane == op.lane] == [
        (op.op_id, 2)
    ]


async def test_nobody_is_given_a_head_start_who_did_not_ask(database: str, belfry: Belfry) -> None:
    assert await enqueued(owed(), head_start=False) is None
    assert len(await claim_all()) == 1


async def test_where_no_room_is_there_is_no_head_start(database: str, belfry: Belfry) -> None:
    assert await enqueued(owed(company="comp_2")) is None
    assert find_room("comp_1") is belfry
    assert find_room("comp_2") is None


async def test_only_a_paused_company_is_held(database: str, belfry: Belfry) -> None:
    async with transaction():
        await pause_company("comp_2", "key revoked")
    assert await enqueued(owed()) is not None

    async with transaction():
        await pause_company("comp_1", "key revoked")
    assert await enqueued(owed("stripe:grace")) is None


async def test_what_is_owed_once_already_starts_nothing(database: str, belfry: Belfry) -> None:
    await owe(once="bell:1")

    assert await enqueued(owed(once="bell:1")) is None


async def test_what_begins_here_does_not_wake_the_worker(belfry: Belfry) -> None:
    with listening(WORK) as news:
        begin(_an_operation())
        assert not await news.heard(0.0)
        begin(None)
        assert await news.heard(0.0)

    assert [op.op_id for op in belfry.begun] == ["op_1"]


async def test_a_place_that_closed_is_offered_nothing(belfry: Belfry) -> None:
    close_workplace(belfry)
    close_workplace(belfry)

    with listening(WORK) as news:
        begin(_an_operation())

        assert await news.heard(0.0)
    assert belfry.begun == []


async def test_a_row_has_all_it_was_given(database: str) -> None:
    with time_machine.travel(clock.now(), tick=False):
        await owe(
            lane_of_customer("cust_1"), customer="cust_1", subject="onbo_1", once="bell:1",
            params={"bell": "door"}, after=timedelta(0),
        )  # fmt: skip
        await owe(None)
        first, second = await run_sql("SELECT * FROM operation ORDER BY id")
        (claimed, _) = sorted(await claim_all(), key=lambda op: op.id)

        assert claimed.created_at == clock.now()
    assert (first["customer"], first["subject"], first["once"]) == ("cust_1", "onbo_1", "bell:1")
    assert (first["lane"], first["kind"], first["company"]) == ("stripe:cust_1", KIND, "comp_1")
    assert (first["state"], first["generation"], first["attempts"]) == ("ready", 1, 0)
    assert (second["customer"], second["subject"], second["once"]) == (None, None, None)
    assert second["lane"] == f"own:{second['op_id']}"
    assert claimed.is_at_stripe


def _an_operation() -> Claimed:
    now = clock.now()
    return Claimed(
        id=1, op_id="op_1", company="comp_1", customer=None, subject=None, lane="own:op_1",
        kind=KIND, params={}, generation=1, first_sent_at=now, attempts=1, created_at=now,
        lease_token="lease_1",
    )  # fmt: skip


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_what_is_owed_already_waits_for_nobody_who_is_ending_it(database: str) -> None:
    """Else two who hold the customer and the operation in turn would wait for each other."""
    await enqueued(owed(once="pay:in_1:pm_1"), head_start=False)
    is_owed_again = asyncio.Event()

    async def end_it() -> None:
        async with transaction():
            await run_sql("UPDATE operation SET state = 'done' WHERE once = {}", "pay:in_1:pm_1")
            is_ending.set()
            await is_owed_again.wait()

    is_ending = asyncio.Event()
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(10):
        tasks.create_task(end_it())
        await is_ending.wait()
        assert await enqueued(owed(once="pay:in_1:pm_1"), head_start=False) is None
        is_owed_again.set()

    (row,) = await run_sql("SELECT state FROM operation")
    assert row["state"] == "done"

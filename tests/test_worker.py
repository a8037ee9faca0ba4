"""The worker: it does what is owed, whatever happens around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal import clock
from portal import worker as worker_module
from portal.database import run_sql, transaction
from portal.errors import DatabaseBusy
from portal.operations.claim import LEASE
from portal.operations.enqueue import Owed, enqueue, enqueue_all, lane_of_customer
from portal.operations.head_start import begin
from portal.operations.places import AGAIN_AT_STRIPE, AT_ONCE_AT_STRIPE
from portal.operations.save import pause_company
from portal.operations.step import Claimed, Step
from portal.operations.wake import wake
from portal.steps import STEPS
from portal.worker import AT_ONCE, Worker

KIND, POISON = "ring_the_bell", "stripe:poison%"
WITHIN_S = 30.0


class Bell:
    """An effect outside that counts, and can be slow."""

    def __init__(self) -> None:
        self.rung: list[str] = []
        self.most_at_once = 0
        self.is_open = asyncio.Event()
        self.is_open.set()
        self._ringing = 0

    async def ring(self, op: Claimed) -> str:
        """Ring once the bell is open."""
        self._ringing += 1
        self.most_at_once = max(self.most_at_once, self._ringing)
        try:
            await self.is_open.wait()
            self.rung.append(op.op_id)
        finally:
            self._ringing -= 1
        return op.op_id

    async def note(self, op: Claimed, result: str) -> None:
        """Write nothing."""


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> Bell:
    bell = Bell()
    monkeypatch.setitem(STEPS, KIND, Step(call=bell.ring, done=bell.note))
    return bell


@pytest.fixture
async def worker(database: str, bell: Bell) -> AsyncIterator[Worker]:
    worker = Worker()
    await worker.start()
    yield worker
    bell.is_open.set()
    await worker.stop(2.0)


async def owe(count: int = 1, lane: str | None = None) -> None:
    async with transaction():
        for _ in range(count):
            await enqueue(KIND, company="comp_1", lane=lane, params={})
    wake()


async def until(is_so: Callable[[], Any]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not is_so():  # noqa: ASYNC110 - it may be another process's doing
            await asyncio.sleep(0.01)


async def states() -> list[str]:
    return [row["state"] for row in await run_sql("SELECT state FROM operation ORDER BY id")]


async def test_it_begins_as_soon_as_it_is_woken(
    database: str, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "_LOOK_EVERY_S", 10 * WITHIN_S)
    worker = Worker()
    await worker.start()
    await asyncio.sleep(0.05)
    await owe()
    await until(lambda: bell.rung)

    await worker.stop(2.0)


async def test_it_finds_what_another_process_wrote(worker: Worker, bell: Bell) -> None:
    await asyncio.sleep(0.05)
    async with transaction():
        await enqueue(KIND, company="comp_1", lane=None, params={})

    await until(lambda: bell.rung)


async def test_it_is_not_idle_while_something_owes_more(
    database: str, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is owed is written after a round looked for operations, and before it ends."""
    worker = Worker()

    async def looking_takes_its_time() -> bool:
        bell.is_open.set()
        await until(lambda: not worker._under_way)
        return False

    async def owe_one_more(op: Claimed, result: str) -> None:
        if len(bell.rung) == 1:
            await enqueue(KIND, company="comp_1", lane=None, params={})

    monkeypatch.setitem(STEPS, KIND, Step(call=bell.ring, done=owe_one_more))
    monkeypatch.setattr(worker_module, "is_any_event_due", looking_takes_its_time)
    bell.is_open.clear()
    await owe()

    await worker.run_until_idle()

    assert await states() == ["done", "done"]


async def test_what_gets_a_head_start_is_begun_without_being_claimed(
    worker: Worker, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any, **__: Any) -> list[Claimed]:
        return []

    monkeypatch.setattr(worker_module, "claim", nothing)
    async with transaction():
        op = await enqueue_all([Owed(KIND, "comp_1", None, {})], head_start=True)
    assert op is not None
    begin(op)
    await until(lambda: bell.rung)

    await worker.stop(2.0)
    assert await states() == ["done"]


async def test_a_head_start_that_nobody_took_is_claimed_once_the_lease_ran_out(
    database: str, bell: Bell
) -> None:
    there = Worker()
    await there.start()
    async with transaction():
        op = await enqueue_all([Owed(KIND, "comp_1", None, {})], head_start=True)
    await there.stop(1.0)
    assert op is not None
    assert bell.rung == []

    with time_machine.travel(clock.now() + LEASE + timedelta(seconds=1), tick=True):
        await Worker().run_until_idle()

    assert bell.rung == [op.op_id]


async def test_a_company_that_is_held_gets_no_head_start(worker: Worker) -> None:
    async with transaction():
        await pause_company("comp_1", "key revoked")
    async with transaction():
        lane = lane_of_customer("cust_1")
        op = await enqueue_all([Owed(KIND, "comp_1", lane, {})], head_start=True)

    assert op is None


async def test_without_a_worker_here_there_is_no_head_start(database: str) -> None:
    async with transaction():
        assert await enqueue_all([Owed(KIND, "comp_1", None, {})], head_start=True) is None
    begin(None)

    (row,) = await run_sql("SELECT lease_token, first_sent_at, attempts FROM operation")
    assert (row["lease_token"], row["first_sent_at"], row["attempts"]) == (None, None, 0)


async def test_a_lane_is_rung_in_its_order(worker: Worker, bell: Bell) -> None:
    await owe(5, lane="stripe:ada")
    await until(lambda: len(bell.rung) == 5)

    rows = await run_sql("SELECT op_id FROM operation ORDER BY id")
    assert bell.rung == [row["op_id"] for row in rows]
    assert bell.most_at_once == 1


async def test_only_so_many_run_at_once(worker: Worker, bell: Bell) -> None:
    bell.is_open.clear()
    await owe(AT_ONCE + 5)
    await until(lambda: bell.most_at_once == AT_ONCE)
    bell.is_open.set()
    await until(lambda: len(bell.rung) == AT_ONCE + 5)

    assert bell.most_at_once == AT_ONCE


async def owe_again(count: int, fresh: int = 0) -> None:
    """Owe what failed at Stripe before, and younger than that what did not."""
    async with transaction():
        for number in range(count + fresh):
            lane = f"stripe:poison{number}" if number < count else f"stripe:ada{number}"
            await enqueue(KIND, company="comp_1", lane=lane, params={})
        await run_sql("UPDATE operation SET error_code = 'unanswered' WHERE lane LIKE {}", POISON)
    wake()


async def test_what_failed_before_takes_a_quarter_while_others_wait(
    worker: Worker, bell: Bell
) -> None:
    bell.is_open.clear()
    await owe_again(AGAIN_AT_STRIPE + 4, fresh=AT_ONCE_AT_STRIPE)
    await until(lambda: bell.most_at_once == AT_ONCE_AT_STRIPE)
    leased = "SELECT COUNT(*) AS n FROM operation WHERE lease_until IS NOT NULL AND lane LIKE {}"
    assert (await run_sql(leased, POISON))[0]["n"] == AGAIN_AT_STRIPE

    bell.is_open.set()
    await until(lambda: len(bell.rung) == AGAIN_AT_STRIPE + 4 + AT_ONCE_AT_STRIPE)


async def test_what_failed_before_leaves_room_for_who_comes_later(
    worker: Worker, bell: Bell
) -> None:
    bell.is_open.clear()
    await owe_again(AT_ONCE_AT_STRIPE)
    await until(lambda: bell.most_at_once >= AT_ONCE_AT_STRIPE - AGAIN_AT_STRIPE)
    await owe(lane="stripe:ada")
    await until(lambda: bell.most_at_once > AT_ONCE_AT_STRIPE - AGAIN_AT_STRIPE)

    ada = "SELECT id FROM operation WHERE lease_until IS NOT NULL AND lane = 'stripe:ada'"
    assert len(await run_sql(ada)) == 1
    assert worker.has_room("comp_1")
    bell.is_open.set()
    await until(lambda: len(bell.rung) == AT_ONCE_AT_STRIPE + 1)


async def test_two_workers_do_each_thing_once(worker: Worker, bell: Bell) -> None:
    other = Worker()
    await other.start()
    await owe(40)
    await until(lambda: len(bell.rung) >= 40)
    await other.stop(2.0)

    assert len(set(bell.rung)) == len(bell.rung) == 40


async def test_stopping_lets_what_is_under_way_end(worker: Worker, bell: Bell) -> None:
    bell.is_open.clear()
    await owe(2, lane="stripe:ada")
    await until(lambda: bell.most_at_once)
    stopping = asyncio.create_task(worker.stop(WITHIN_S))
    await asyncio.sleep(0.05)
    bell.is_open.set()
    await stopping

    assert await states() == ["done", "ready"]
    rows = await run_sql("SELECT lease_token FROM operation WHERE state = 'ready'")
    assert rows[0]["lease_token"] is None


async def test_stopping_gives_back_what_does_not_end(worker: Worker, bell: Bell) -> None:
    bell.is_open.clear()
    await owe()
    await until(lambda: bell.most_at_once)
    async with asyncio.timeout(WITHIN_S):
        await worker.stop(0.2)

    assert bell.rung == []
    (row,) = await run_sql("SELECT state, lease_token, generation FROM operation")
    assert (row["state"], row["lease_token"], row["generation"]) == ("ready", None, 1)


async def test_a_busy_database_is_outlived(
    worker: Worker, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[str] = []

    async def busy(*_: Any, **__: Any) -> list[Claimed]:
        met.append("busy")
        raise DatabaseBusy

    with monkeypatch.context() as patch:
        patch.setattr(worker_module, "claim", busy)
        await owe()
        await until(lambda: met)
    assert worker.is_alive

    await until(lambda: bell.rung)


async def test_a_round_that_dies_takes_nothing_along(
    worker: Worker, bell: Bell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any, **__: Any) -> list[Claimed]:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(worker_module, "claim", broken)
        await owe()
        await until(lambda: "round_failed" in caplog.text)

    await until(lambda: bell.rung)


async def test_a_result_is_saved_as_soon_as_the_database_takes_it(
    database: str, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.operations import save

    tries: list[int] = []

    async def at_second(op: Claimed, result: str | None, **how: bool) -> bool:
        tries.append(1)
        if len(tries) < 3:
            raise DatabaseBusy
        return await finish(op, result, **how)

    finish = save.finish
    monkeypatch.setattr(save, "finish", at_second)
    await owe()
    await Worker().run_until_idle()

    assert (len(bell.rung), await states()) == (1, ["done"])


async def test_every_kind_has_its_step() -> None:
    assert {"create_customer", "create_subscription", "update_customer", "pay_invoice"} < set(STEPS)

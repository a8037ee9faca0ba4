"""Who works: each counts the others."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from portal import clock
from portal.database import run_sql
from portal.operations.crew import BEAT_S, count_workers, say_alive, say_goodbye

pytestmark = pytest.mark.usefixtures("database")


async def test_each_counts_all_who_live() -> None:
    counted = [await say_alive(worker) for worker in ("work_1", "work_2", "work_1")]

    assert counted == [1, 2, 2]


async def test_who_says_goodbye_is_gone_at_once() -> None:
    await say_alive("work_1")
    await say_alive("work_2")

    await say_goodbye("work_2")

    assert await count_workers() == 1


async def test_who_says_nothing_is_gone_soon() -> None:
    await say_alive("work_1")
    with time_machine.travel(clock.now() + timedelta(seconds=3 * BEAT_S + 1)):
        assert await count_workers() == 0
        assert await say_alive("work_2") == 1


async def test_who_missed_two_beats_still_counts() -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        await say_alive("work_1")

        time.shift(timedelta(seconds=3 * BEAT_S - 0.1))
        counted = await count_workers()
        time.shift(timedelta(seconds=0.1))

        assert (counted, await count_workers()) == (1, 0)


async def test_a_clock_that_ran_ahead_leaves_nobody_behind() -> None:
    with time_machine.travel(clock.now() + timedelta(days=1)):
        await say_alive("work_1")

    assert await count_workers() == 0
    assert await say_alive("work_2") == 1


async def test_whoever_was_seen_today_is_remembered_and_before_that_forgotten() -> None:
    with time_machine.travel(clock.now(), tick=False) as time:
        await say_alive("work_1")

        time.shift(timedelta(days=1))
        await say_alive("work_2")
        today = await _remembered()
        time.shift(timedelta(seconds=1))
        await say_alive("work_2")

    assert today == ["work_1", "work_2"]
    assert await _remembered() == ["work_2"]


async def _remembered() -> list[str]:
    return [row["id"] for row in await run_sql("SELECT id FROM worker_process ORDER BY id")]

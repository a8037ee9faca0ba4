"""Who works: each counts the others."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from portal import clock
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


async def test_a_clock_that_ran_ahead_leaves_nobody_behind() -> None:
    with time_machine.travel(clock.now() + timedelta(days=1)):
        await say_alive("work_1")

    assert await count_workers() == 0
    assert await say_alive("work_2") == 1

"""Waking: nothing that is told is missed."""

from __future__ import annotations

import asyncio

from portal.operations import wake


async def test_whoever_listens_hears_what_was_told_before_they_waited() -> None:
    with wake.listening("onbo_1") as news:
        wake.tell("onbo_1")

        assert await news.heard(0.0)
        assert not await news.heard(0.0)


async def test_only_the_subject_is_heard() -> None:
    with wake.listening("onbo_1") as news:
        wake.tell("onbo_2")

        assert not await news.heard(0.0)


async def test_everybody_who_waits_is_told() -> None:
    waiting = [asyncio.create_task(wake.wait_for("onbo_1", 5.0)) for _ in range(3)]
    await asyncio.sleep(0)

    wake.tell("onbo_1")

    assert await asyncio.gather(*waiting) == [True, True, True]
    assert await wake.wait_for("onbo_1", 0.0) is False


async def test_of_a_subject_that_nobody_listens_to_any_more_nothing_is_kept() -> None:
    with wake.listening("onbo_1") as first:
        with wake.listening("onbo_1"):
            pass
        wake.tell("onbo_1")

        assert await first.heard(0.0)
    assert "onbo_1" not in wake._LISTENING

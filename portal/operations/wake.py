"""Tell this process's worker that there is work, and those who wait that something happened.

Only a short cut: other processes find out by looking.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

WORK = "work"

_LISTENING: dict[str, set[News]] = {}


class News:
    """What one listener has not heard yet."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    async def heard(self, within_s: float) -> bool:
        """Wait until something was told since the last time; False when the time is up before."""
        try:
            async with asyncio.timeout(within_s):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True

    def told(self) -> None:
        """Have the listener wake up."""
        self._event.set()


@contextmanager
def listening(subject: str) -> Iterator[News]:
    """Listen for this subject: nothing that is told from here on is missed."""
    news = News()
    _LISTENING.setdefault(subject, set()).add(news)
    try:
        yield news
    finally:
        _LISTENING[subject].discard(news)
        if not _LISTENING[subject]:
            del _LISTENING[subject]


def tell(subject: str) -> None:
    """Tell whoever listens in this process that the subject changed. Call it after the commit."""
    for news in _LISTENING.get(subject, ()):
        news.told()


def wake() -> None:
    """Have the worker of this process look for work at once. Call it after the commit."""
    tell(WORK)


async def wait_for(subject: str, timeout_s: float) -> bool:
    """Wait until somebody tells of the subject; False when the time is up before."""
    with listening(subject) as news:
        return await news.heard(timeout_s)

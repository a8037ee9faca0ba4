"""Where passwords are hashed: in threads, two at a time, so that no other request waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

from portal.errors import TooMany

Given = ParamSpec("Given")
Made = TypeVar("Made")

AT_ONCE = 2
"""Each takes 19 MiB while it is at work."""
MOST_WAITING = 40

_under_way: set[object] = set()


async def beside(work: Callable[Given, Made], *args: Given.args, **kwargs: Given.kwargs) -> Made:
    """Do slow work in a thread of its own, and wait for what it makes.

    Raises:
        TooMany: so many wait already that this one would wait too long.
    """
    if len(_under_way) >= MOST_WAITING:
        raise TooMany
    place = object()
    _under_way.add(place)
    try:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_threads(), lambda: work(*args, **kwargs))
    finally:
        _under_way.discard(place)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, "password")

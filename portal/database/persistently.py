"""Write what must not be lost, again and again while the database is busy."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from portal.errors import DatabaseBusy

T = TypeVar("T")


async def persistently(saving: Callable[[], Awaitable[T]], pauses_s: Iterable[float]) -> T:
    """Save, and once more after each of these pauses.

    Raises:
        DatabaseBusy: it still is.
    """
    for pause_s in pauses_s:
        try:
            return await saving()
        except DatabaseBusy:
            await asyncio.sleep(pause_s)
    return await saving()

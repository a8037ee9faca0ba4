"""Go through rows so that one of them that fails stops none of the others."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from portal.errors import DatabaseBusy

Row = TypeVar("Row")

log = logging.getLogger(__name__)


async def one_by_one(
    what: str,
    rows: Iterable[Row],
    do: Callable[[Row], Awaitable[object]],
    *,
    name: Callable[[Row], str],
) -> int:
    """Do this with each row; what fails is told to the log by its name, and counted.

    Raises:
        DatabaseBusy: twice in a row, so that it is not the rows'.
    """
    failed, was_busy = 0, False
    for row in rows:
        try:
            await do(row)
        except Exception as error:
            is_busy = isinstance(error, DatabaseBusy)
            if is_busy and was_busy:
                raise
            was_busy, failed = is_busy, failed + 1
            log.exception("%s.failed id=%s", what, name(row))
        else:
            was_busy = False
    if failed:
        log.error("%s.some_failed failed=%d", what, failed)
    return failed

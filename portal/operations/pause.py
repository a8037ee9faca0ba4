"""Hold a company at Stripe whose key was refused, and say so once; or what its key may not do."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from portal.database import transaction
from portal.operations.save import pause_company

_TELL_EVERY_S = 3600.0

# When each kind of call of each company was told of last, by this process.
_told_at: dict[tuple[str, str], float] = {}

log = logging.getLogger(__name__)


@asynccontextmanager
async def pausing(company: str, reason: str) -> AsyncIterator[None]:
    """Hold everything this company has at Stripe, in one transaction with what the block writes.

    Whoever is the first to hold it tells the log, once that is committed.
    """
    async with transaction():
        is_first = await pause_company(company, reason)
        yield
    if is_first:
        log.error("operations.paused company=%s reason=%s", company, reason)


def tell_of_permission(company: str, kind: str, reason: str) -> None:
    """Tell the log that a company's key lacks a permission: once an hour for each kind of call."""
    now = time.monotonic()
    if now - _told_at.get((company, kind), -_TELL_EVERY_S) >= _TELL_EVERY_S:
        _told_at[company, kind] = now
        log.error("operations.not_allowed company=%s kind=%s reason=%s", company, kind, reason)

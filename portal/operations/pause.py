"""Hold a company at Stripe whose key was refused, and say so once."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from portal.database import transaction
from portal.operations.save import pause_company

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

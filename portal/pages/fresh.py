"""Bring our copy up to date before it is shown, but never keep anybody waiting for it."""

from __future__ import annotations

import asyncio
from contextvars import Context

from portal.errors import PortalError
from portal.subscriptions.refresh import refresh

_PATIENCE_S = 1.5
_RUNNING: set[asyncio.Task[None]] = set()


async def freshen(customer: str) -> None:
    """Fetch a customer's state anew; show what we have if that takes too long or fails."""
    task = asyncio.create_task(_fetch(customer), context=Context())
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)
    await asyncio.wait({task}, timeout=_PATIENCE_S)


async def finish_fetching() -> None:
    """Wait for what is still being fetched, before the database is closed."""
    if _RUNNING:
        await asyncio.wait(set(_RUNNING), timeout=5)


async def _fetch(customer: str) -> None:
    try:
        await refresh(customer)
    except PortalError:
        return  # The webhook brings it, or the next look at the page.

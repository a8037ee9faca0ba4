"""The pages a person sees: the hosted billing portal, hosted invoices, and the control page."""

from __future__ import annotations

from portal.sandbox.wire import Answer, Request
from portal.sandbox.world import Sandbox


async def answer(sandbox: Sandbox, request: Request) -> Answer | None:
    """Answer with a page, or None where there is none."""
    return None

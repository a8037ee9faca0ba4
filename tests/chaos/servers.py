"""Portals, each a process of its own, on the database and the Stripe of the running test."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.processes import environment, free_port, until_answered


@asynccontextmanager
async def serving(**more: str) -> AsyncIterator[str]:
    """Serve the portal in a process of its own, with these settings too."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "portal.cli", "serve", "--port", str(port)),
        env=environment(base_url=url, **more),
    )
    try:
        await until_answered(f"{url}/healthz")
        yield url
    finally:
        # As at a keyboard: without the seconds in which a proxy sees that it stops.
        process.send_signal(signal.SIGINT)
        await process.wait()

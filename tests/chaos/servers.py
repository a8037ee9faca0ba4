"""Portals, each a process of its own, on the database and the Stripe of the running test."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

from portal.settings import settings
from portal.sites.tables import Site

READY_WITHIN_S = 30.0

_NO_LIMITS: Final = dict.fromkeys(
    (
        "sign_ups_per_minute", "sign_ups_per_hour", "sign_ins_per_minute", "sign_ins_per_hour",
        "checks_per_minute",
    ),
    10**6,
)  # fmt: skip


async def lift_limits() -> None:
    """Let one address do what usually many do; before the first server starts."""
    await Site.update({Site.limits: json.dumps(_NO_LIMITS)}, force=True)


@asynccontextmanager
async def serving(**more: str) -> AsyncIterator[str]:
    """Serve the portal in a process of its own, with these settings too."""
    port = await _free_port()
    url = f"http://127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "portal.cli", "serve", "--port", str(port)),
        env=environment(base_url=url, **more),
    )
    try:
        await _until_it_answers(url)
        yield url
    finally:
        process.terminate()
        await process.wait()


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a portal on this test's database and Stripe."""
    ours = settings()
    assert ours.stripe_key is not None
    given = {
        "PORTAL_DATABASE_URL": ours.database_url,
        "PORTAL_SECRET": ours.secret.get_secret_value(),
        "PORTAL_STRIPE_API": ours.stripe_api,
        "PORTAL_STRIPE_KEY": ours.stripe_key.get_secret_value(),
        "PORTAL_STRIPE_CALLS_PER_S": str(ours.stripe_calls_per_s),
        "PORTAL_CHECK_EMAIL_DNS": "false",
        "PORTAL_MAIL_URL": str(ours.mail_url),
    }
    return os.environ | given | {f"PORTAL_{name.upper()}": value for name, value in more.items()}


async def _free_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        return int(server.sockets[0].getsockname()[1])


async def _until_it_answers(url: str) -> None:
    async with asyncio.timeout(READY_WITHIN_S), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"{url}/healthz"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)

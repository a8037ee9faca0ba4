"""Portals that tests start as processes of their own: what they are told, and when they answer."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from contextlib import suppress

import aiohttp

from portal.settings import settings

READY_WITHIN_S = 60.0
_NEVER_GIVEN = range(20_000, 32_000)


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a portal on this test's database and Stripe, with these too."""
    ours = settings()
    given = {
        "database_url": ours.database_url,
        "secret": ours.secret.get_secret_value(),
        "stripe_api": ours.stripe_api,
        "stripe_key": ours.stripe_key.get_secret_value() if ours.stripe_key else "",
        "stripe_calls_per_s": str(ours.stripe_calls_per_s),
        "check_email_dns": "false",
        "mail_url": str(ours.mail_url),
    }
    return os.environ | {f"PORTAL_{name.upper()}": value for name, value in (given | more).items()}


def free_port() -> int:
    """Return a port of this machine that nobody listens on.

    None of those that the system gives to whoever does not mind: the portal needs a second to take
    it, and by then another's connection could have it.
    """
    for port in random.sample(_NEVER_GIVEN, 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("A hundred ports are taken.")


async def until_answered(url: str) -> None:
    """Wait until somebody answers there."""
    async with asyncio.timeout(READY_WITHIN_S), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(url):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.005)

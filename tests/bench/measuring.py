"""What is measured of one side, in one round."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import aiohttp

from portal.onboarding.welcome_mail import WELCOME_AFTER
from tests.bench.load import FORM, HEADERS, Timed, User, in_parallel
from tests.bench.processes import cpu_s
from tests.bench.sides import Side

SIGN_UPS, EVENTS, ASKED = 100, 500, 200
_SETTLE_S = WELCOME_AFTER.total_seconds() + 2.0
"""By then a sign-up's mail is out too."""


async def sign_ups(side: Side, stem: str, count: int, *, at_once: int) -> Timed:
    """Have so many people sign up, who have read the form before; then leave it in peace."""
    async with _users(side, stem, count, at_once) as users:
        timed = await in_parallel([user.sign_up for user in users], at_once)
    await asyncio.sleep(_SETTLE_S)
    return timed


async def cpu_ms(side: Side, stem: str) -> float:
    """Return the processor time of one sign-up, its mail and all that comes after it too."""
    async with _users(side, stem, SIGN_UPS, 8) as users:
        await asyncio.sleep(_SETTLE_S)
        before = cpu_s(side.pid)
        await in_parallel([user.sign_up for user in users], 8)
        await asyncio.sleep(_SETTLE_S)
        return (cpu_s(side.pid) - before) * 1000 / SIGN_UPS


async def webhook_rate(side: Side, number: int) -> float:
    """Return how many events are taken in a second. They concern nothing we keep a copy of."""
    async with aiohttp.ClientSession() as http:

        async def send(event: str) -> None:
            body, signature = _signed(event, side.secret)
            headers = {"stripe-signature": signature, "content-type": "application/json"}
            async with http.post(side.url + side.webhook, data=body, headers=headers) as answer:
                answer.raise_for_status()

        events = [partial(send, f"evt_{number}x{event}") for event in range(EVENTS)]
        return EVENTS / (await in_parallel(events, 16)).whole_s


async def p95_ms(side: Side, method: str, path: str) -> float:
    """Return what 95 of 100 answers stay below, asked for one after another by one browser."""
    async with aiohttp.ClientSession(side.url, headers=HEADERS) as http:
        typed = FORM | {"email": "ada@bench.example"} if method == "POST" else None

        async def ask() -> None:
            async with http.request(method, path, data=typed) as answer:
                answer.raise_for_status()
                await answer.read()

        timed = await in_parallel([ask] * ASKED, at_once=1)
    return sorted(timed.answers)[int(ASKED * 0.95)] * 1000


async def page_bytes(side: Side) -> int:
    """Return the size of the sign-up page with everything it loads, packed."""
    packed = {"accept-encoding": "gzip"}
    async with aiohttp.ClientSession(side.url, auto_decompress=False, headers=packed) as http:
        async with http.get("/signup?plan=studio") as answer:
            body = await answer.read()
        total, page = len(body), gzip.decompress(body).decode()
        for path in set(re.findall(r'(?:src|href)="(/(?:static|brand)/[^"]+)"', page)):
            async with http.get(path.replace("&amp;", "&")) as answer:
                total += len(await answer.read())
    return total


@asynccontextmanager
async def _users(side: Side, stem: str, count: int, at_once: int) -> AsyncIterator[list[User]]:
    connector, jar = aiohttp.TCPConnector(limit=at_once), aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as http:
        users = [User(http, side.url, f"{stem}{n}@bench.example") for n in range(count)]
        if side.name == "ours":
            await in_parallel([user.read_form for user in users], 8)
        yield users


def _signed(event_id: str, secret: str) -> tuple[bytes, str]:
    """Sign an event as Stripe does. Source: https://docs.stripe.com/webhooks/signature"""
    now, charge = int(time.time()), {"id": event_id.replace("evt", "ch"), "object": "charge"}
    event = {
        "id": event_id, "object": "event", "type": "charge.succeeded", "livemode": False,
        "created": now, "data": {"object": charge},
    }  # fmt: skip
    body = json.dumps(event).encode()
    signature = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={now},v1={signature}"

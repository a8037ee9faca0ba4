"""Measure the portal beside its floor, in one run, and print the ratios.

    make bench

Both run as one process on SQLite, against the same sandbox in a process of its own. The floor is in
floor.py. Figures of one run on one machine: the ratios travel, the milliseconds do not.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.bench.load import Timed, User, in_parallel
from tests.bench.processes import (
    cpu_s,
    first_line,
    free_port,
    memory_mb,
    running,
    until_answered,
)

SIGN_UPS, EVENTS, STRIPE_S = 300, 2000, 0.05
WEBHOOK_SECRET = "whsec_bench"  # noqa: S105
DECLARED = (Path(__file__).parent / "bench.toml").read_text()


@dataclass
class Side:
    """One of the two that are compared."""

    name: str
    url: str
    pid: int
    webhook: str
    secret: str
    started_s: float


async def main() -> None:
    """Run everything once and print a line for each mark."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            sandbox = await stack.enter_async_context(
                running("-m", "portal.sandbox", "--port", "0", env={})
            )
            told = await first_line(sandbox)
            stripe = Stripe(told["stripe"], told["key"])
            ours, floor = await _sides(stack, Path(folder), stripe)
            await _measure(ours, floor, stripe)


@dataclass
class Stripe:
    """The sandbox both talk to."""

    url: str
    key: str

    async def answer_in(self, seconds: float) -> None:
        """Have every call take this long."""
        async with aiohttp.ClientSession() as http:
            headers = {"authorization": f"Bearer {self.key}"}
            url = f"{self.url}/_sandbox/latency"
            async with http.post(url, json={"seconds": seconds}, headers=headers) as answer:
                answer.raise_for_status()


async def _sides(stack: AsyncExitStack, folder: Path, stripe: Stripe) -> tuple[Side, Side]:
    sides = []
    for name in ("ours", "floor"):
        env = _env(folder / f"{name}.sqlite", stripe)
        await _apply(folder, env)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = (
            ("-m", "portal.cli", "serve", "--port", str(port))
            if name == "ours"
            else ("-m", "tests.bench.floor", str(port))
        )
        began = time.perf_counter()
        process = await stack.enter_async_context(
            running(*command, env=env | {"PORTAL_BASE_URL": url})
        )
        await until_answered(f"{url}/healthz" if name == "ours" else f"{url}/")
        webhook = "/webhooks/stripe/bench" if name == "ours" else "/webhook"
        secret = WEBHOOK_SECRET if name == "ours" else "whsec_floor"
        side = Side(name, url, process.pid, webhook, secret, time.perf_counter() - began)
        sides.append(side)
    return sides[0], sides[1]


def _env(database: Path, stripe: Stripe) -> dict[str, str]:
    return {
        "PORTAL_DATABASE_URL": f"sqlite:///{database}",
        "PORTAL_SECRET": "the secret of the benchmark, long enough",
        "PORTAL_STRIPE_API": stripe.url,
        "PORTAL_STRIPE_KEY": stripe.key,
        "PORTAL_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "PORTAL_CHECK_EMAIL_DNS": "false",
        "PORTAL_MAIL_URL": f"file://{database}.mail",
        "PORTAL_LOG_LEVEL": "warning",
    }


async def _apply(folder: Path, env: dict[str, str]) -> None:
    declared = folder / "bench.toml"
    declared.write_text(DECLARED)
    command = ("-m", "portal.cli", "apply", str(declared), "--yes")
    async with running(*command, env=env) as process:
        if await process.wait():
            raise RuntimeError("portal apply failed")


async def _measure(ours: Side, floor: Side, stripe: Stripe) -> None:
    for side in (ours, floor):  # Warm both up alike.
        await _sign_ups(side, "warm", 50, at_once=8)
    _print("started in", f"{ours.started_s:.2f} s", "≤ 2 s", ours.started_s <= 2)
    cpu = [await _cpu_per_sign_up(side) for side in (ours, floor)]
    _ratio("sign-up CPU", cpu[0], cpu[1], "ms", 1.3)
    await stripe.answer_in(STRIPE_S)
    for at_once, most, count in ((1, 1.15, 40), (64, 1.3, 640)):
        timed = [
            await _sign_ups(side, f"at{at_once}", count, at_once=at_once)
            for side in (ours, floor)
        ]
        _ratio(f"answer, {at_once} at once", timed[0].median_ms, timed[1].median_ms, "ms", most)
    await stripe.answer_in(0)
    rates = [await _webhook_rate(side) for side in (ours, floor)]
    ratio = rates[0] / rates[1]
    figures = f"{rates[0]:.0f} /s against {rates[1]:.0f} /s: {ratio:.2f}"
    _print("webhooks taken", figures, "≥ 0.4", ratio >= 0.4)
    memory = memory_mb(ours.pid)
    _print("memory under load", f"{memory:.0f} MB", "≤ 120 MB", memory <= 120)
    size = await _page_bytes(ours)
    _print("sign-up page, gzip", f"{size / 1000:.1f} kB", "≤ 25 kB", size <= 25_000)


async def _sign_ups(side: Side, stem: str, count: int, *, at_once: int) -> Timed:
    connector = aiohttp.TCPConnector(limit=at_once)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as http:
        users = [User(http, side.url, f"{stem}{n}@bench.example") for n in range(count)]
        if side.name == "ours":
            await in_parallel([user.read_form for user in users], 8)
        return await in_parallel([user.sign_up for user in users], at_once)


async def _cpu_per_sign_up(side: Side) -> float:
    connector = aiohttp.TCPConnector(limit=8)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        users = [User(http, side.url, f"cpu{n}@bench.example") for n in range(SIGN_UPS)]
        if side.name == "ours":
            await in_parallel([user.read_form for user in users], 8)
            await asyncio.sleep(1)
        before = cpu_s(side.pid)
        await in_parallel([user.sign_up for user in users], 8)
        await asyncio.sleep(1)  # What is still owed (the welcome mail) counts.
        return (cpu_s(side.pid) - before) * 1000 / SIGN_UPS


async def _webhook_rate(side: Side) -> float:
    async with aiohttp.ClientSession() as http:

        async def send(number: int) -> None:
            body, signature = _event(number, side.secret)
            headers = {"stripe-signature": signature, "content-type": "application/json"}
            async with http.post(side.url + side.webhook, data=body, headers=headers) as answer:
                answer.raise_for_status()

        timed = await in_parallel([lambda n=n: send(n) for n in range(EVENTS)], 16)  # type: ignore[misc]
        return EVENTS / timed.whole_s


def _event(number: int, secret: str) -> tuple[bytes, str]:
    """Sign an event as Stripe does. Source: https://docs.stripe.com/webhooks/signature"""
    event = {
        "id": f"evt_{number}", "object": "event", "type": "charge.succeeded", "livemode": False,
        "created": int(time.time()), "data": {"object": {"id": f"ch_{number}", "object": "charge"}},
    }  # fmt: skip
    body, now = json.dumps(event).encode(), int(time.time())
    signature = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={now},v1={signature}"


async def _page_bytes(side: Side) -> int:
    total = 0
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        async with http.get(f"{side.url}/signup?plan=studio", headers={"accept-encoding": "gzip"}) as answer:
            import gzip
            import re

            packed = await answer.read()
            total += len(packed)
            page = gzip.decompress(packed).decode()
        for path in set(re.findall(r'(?:src|href)="(/(?:static|brand)/[^"]+)"', page)):
            async with http.get(side.url + path.replace("&amp;", "&"), headers={"accept-encoding": "gzip"}) as answer:
                total += len(await answer.read())
    return total


def _ratio(what: str, ours: float, floor: float, unit: str, most: float) -> None:
    ratio = ours / floor
    figures = f"{ours:.1f} {unit} against {floor:.1f} {unit}: {ratio:.2f}"
    _print(what, figures, f"≤ {most}", ratio <= most)


def _print(what: str, figures: str, mark: str, met: bool) -> None:
    print(f"{what:<22} {figures:<38} {mark:<10} {'met' if met else 'NOT MET'}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())

"""The two that are compared, and the sandbox both talk to."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.bench.processes import running
from tests.processes import free_port, until_answered

WEBHOOK_SECRET = "whsec_bench"
DECLARED = (Path(__file__).parent / "bench.toml").read_text()
_HOLD_BACK = """CREATE TRIGGER hold_back_mails BEFORE INSERT ON operation
 WHEN NEW.kind = 'send_welcome' BEGIN SELECT RAISE(IGNORE); END"""


@dataclass
class Side:
    """One of the two."""

    name: str
    url: str
    pid: int
    webhook: str
    secret: str
    started_s: float
    database: Path
    env: Mapping[str, str]


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


async def open_sides(stack: AsyncExitStack, folder: Path, stripe: Stripe) -> tuple[Side, Side]:
    """Start both, ours first."""
    sides = []
    for name in ("ours", "floor"):
        database = folder / f"{name}.sqlite"
        env = _env(database, stripe)
        await _apply(folder, env)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        began = time.perf_counter()
        process = await stack.enter_async_context(
            running(*_command(name, port), env=env | {"PORTAL_BASE_URL": url})
        )
        await until_answered(f"{url}/healthz")
        started_s = time.perf_counter() - began
        webhook = "/webhooks/stripe/bench" if name == "ours" else "/webhook"
        secret = WEBHOOK_SECRET if name == "ours" else "whsec_floor"
        sides.append(Side(name, url, process.pid, webhook, secret, started_s, database, env))
    return sides[0], sides[1]


async def start_again(side: Side) -> float:
    """Start another process of this side on a port of its own, and tell how long that took."""
    port = free_port()
    began = time.perf_counter()
    async with running(*_command(side.name, port), env=side.env):
        await until_answered(f"http://127.0.0.1:{port}/healthz")
        return time.perf_counter() - began


@contextmanager
def mails_held_back(side: Side) -> Iterator[None]:
    """Keep the welcome mail from being owed, so that only the sign-up itself is measured."""
    with closing(sqlite3.connect(side.database, timeout=30, isolation_level=None)) as database:
        database.execute(_HOLD_BACK)
        yield
        database.execute("DROP TRIGGER hold_back_mails")


def _command(name: str, port: int) -> tuple[str, ...]:
    if name == "ours":
        return "-m", "portal.cli", "serve", "--port", str(port)
    return "-m", "tests.bench.floor", str(port)


def _env(database: Path, stripe: Stripe) -> dict[str, str]:
    return {
        "PORTAL_DATABASE_URL": f"sqlite:///{database}",
        "PORTAL_SECRET": "the secret of the benchmark, long enough",
        "PORTAL_STRIPE_API": stripe.url,
        "PORTAL_STRIPE_KEY": stripe.key,
        "PORTAL_STRIPE_CALLS_PER_S": "10000",
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

"""Send lives out of the nursery, and look at what they left behind."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from portal.database import run_sql
from portal.settings import PREFIX, settings
from tests.onboarding.shop import Shop

WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Life:
    """How a life ended: whether its sign-up was acknowledged, and whether it was killed."""

    acknowledged: bool
    killed: bool


class Nursery:
    """A process that bears processes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def live(self, email: str, **order: Any) -> Life:
        """Let a process live by this order, and wait for its end."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(_ORDER | _settings() | {"email": email} | order).encode() + b"\n")
        await stdin.drain()
        told = json.loads(await asyncio.wait_for(stdout.readline(), WITHIN_S))
        assert told["ended"] in (0, 9), "a life ended with an error: its words are above"
        return Life("acknowledged" in told["said"], told["ended"] == 9)


_ORDER = {
    "life": 0,
    "sweeps": False,
    "erases": False,
    "submits": 0,
    "typed": {},
    "dies_at": 0,
    "fresh_keys": False,
}


def _settings() -> dict[str, Any]:
    ours = settings()
    assert ours.stripe_key is not None
    return {
        "settings": {
            "database_url": ours.database_url,
            "stripe_api": ours.stripe_api,
            "stripe_key": ours.stripe_key.get_secret_value(),
            "secret": ours.secret.get_secret_value(),
            "mail_url": ours.mail_url,
            "stripe_calls_per_s": ours.stripe_calls_per_s,
            "check_email_dns": False,
        }
    }


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """Start a nursery, and end it."""
    # Each order brings its settings.
    outside = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chaos.nursery"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**outside, "PYTHONWARNINGS": "default"},
    )
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@dataclass(frozen=True, slots=True)
class Left:
    """How many of each there are of one e-mail: customers and subscriptions, here and there."""

    customers: int
    onboardings: int
    subscriptions: int
    stripe_customers: int
    stripe_subscriptions: int


ONE_OF_EACH = Left(1, 1, 1, 1, 1)


async def left_behind(shop: Shop, email: str) -> Left:
    """Count what there is of this e-mail on both sides."""
    there = [row["id"] for row in await shop.stripe.objects("customer") if row["email"] == email]
    sold = [row["customer"] for row in await shop.stripe.objects("subscription")]
    return Left(
        customers=await _count("SELECT COUNT(*) AS n FROM customer WHERE email = {}", email),
        onboardings=await _count(
            "SELECT COUNT(*) AS n FROM onboarding JOIN customer"
            " ON customer.id = onboarding.customer"
            " WHERE customer.email = {} AND onboarding.state = 'ready'",
            email,
        ),
        subscriptions=await _count(
            "SELECT COUNT(*) AS n FROM subscription JOIN customer"
            " ON customer.id = subscription.customer WHERE customer.email = {}",
            email,
        ),
        stripe_customers=len(there),
        stripe_subscriptions=sum(customer in there for customer in sold),
    )


async def _count(sql: str, email: str) -> int:
    return int((await run_sql(sql, email))[0]["n"])

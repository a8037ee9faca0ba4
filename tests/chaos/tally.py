"""Compare who was acknowledged, what the database has, and what Stripe has: one by one."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from portal.database import run_sql
from portal.errors import DatabaseBusy
from tests.onboarding.shop import Shop

_OVER = ("canceled", "incomplete_expired")


@dataclass(frozen=True, slots=True)
class Tally:
    """What is wrong, if anything."""

    emails: frozenset[str]
    """Of everybody who was acknowledged."""
    lost: tuple[str, ...]
    """Acknowledged, and not finished here, or not with one of each at Stripe."""
    doubled: tuple[str, ...]
    """More than one customer, or living subscription, at Stripe."""
    orphans: tuple[str, ...]
    """Living objects at Stripe that no row of ours holds."""

    @property
    def acknowledged(self) -> int:
        """Return how many were."""
        return len(self.emails)

    @property
    def is_right(self) -> bool:
        """Tell whether there is exactly one of each, and nothing besides."""
        return not (self.lost or self.doubled or self.orphans)

    def __str__(self) -> str:
        """Say it for the table."""
        return (
            f"{self.acknowledged} acknowledged: {len(self.lost)} lost, {len(self.doubled)} doubled,"
            f" {len(self.orphans)} orphans"
        )


async def tally(shop: Shop, acknowledged: Iterable[str]) -> Tally:
    """Count it all."""
    here = await run_sql(
        "SELECT customer.email, customer.stripe_id, onboarding.subscription_stripe_id AS sold"
        " FROM onboarding JOIN customer ON customer.id = onboarding.customer"
        " WHERE onboarding.state = 'ready'"
    )
    customers = {
        one["id"]: one["email"]
        for one in await shop.stripe.objects("customer")
        if not one.get("deleted")
    }
    sold = {
        one["id"]: one["customer"]
        for one in await shop.stripe.objects("subscription")
        if one["status"] not in _OVER
    }
    finished = Counter(
        row["email"]
        for row in here
        if row["stripe_id"] in customers and sold.get(row["sold"]) == row["stripe_id"]
    )
    made = Counter(customers.values())
    held = Counter(customers.get(customer, "") for customer in sold.values())
    emails = frozenset(acknowledged)
    ours = {row["stripe_id"] for row in here} | {row["sold"] for row in here}
    return Tally(
        emails,
        tuple(sorted(e for e in emails if (finished[e], made[e], held[e]) != (1, 1, 1))),
        tuple(sorted(e for e in made if made[e] > 1 or held[e] > 1)),
        tuple(sorted((customers.keys() | sold.keys()) - ours)),
    )


async def count_open() -> int:
    """Count what is still owed to anybody."""
    rows = await run_sql("SELECT COUNT(*) AS n FROM operation WHERE state = 'ready'")
    return int(rows[0]["n"])


async def until_done(within_s: float) -> float:
    """Wait until nothing is owed any more; return how long that took.

    Raises:
        AssertionError: something still is.
    """
    began = time.monotonic()
    while True:
        try:
            left = await count_open()
        except DatabaseBusy:
            left = -1
        if left == 0:
            return time.monotonic() - began
        assert time.monotonic() - began < within_s, f"{left} are open still: {await _why()}"
        await asyncio.sleep(0.2)


async def count_ready() -> int:
    """Count the sign-ups that came to their end."""
    rows = await run_sql("SELECT COUNT(*) AS n FROM onboarding WHERE state = 'ready'")
    return int(rows[0]["n"])


async def until_ready(count: int, within_s: float) -> float:
    """Wait until so many sign-ups came to their end; return how long that took.

    Raises:
        AssertionError: too few did.
    """
    began = time.monotonic()
    while (ready := await count_ready()) < count:
        assert time.monotonic() - began < within_s, f"{ready} of {count}"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def _why() -> Counter[tuple[str, ...]]:
    rows = await run_sql("SELECT kind, error_code, attempts FROM operation WHERE state = 'ready'")
    return Counter((row["kind"], row["error_code"], str(row["attempts"])) for row in rows)

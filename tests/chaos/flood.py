"""A flood of events: subscriptions change at Stripe while senders tell of it, thrice, shuffled."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from portal.billing.billed import BilledSubscription
from portal.billing.gateway import gateway_of
from portal.billing.stripe_subscription_words import EXPAND_SUBSCRIPTION
from portal.clock import now
from portal.database import run_sql
from portal.subscriptions.copies import SUBSCRIPTION_COLUMNS, subscription_values
from tests.billing.signing import body_of, signed
from tests.onboarding.shop import Shop

TIMES = 3
SENDERS = 4
DOOR = "/webhooks/stripe/acme"
_DAY = 24 * 3600
_TRIES = 200
# The last of subscription_values are ours, not Stripe's: the ticket, and when it was taken.
_OURS = 2


@dataclass
class Flood:
    """What changes, what is on its way to us, and what we answered."""

    shop: Shop
    subscriptions: list[str]
    prices: Sequence[str]
    dice: random.Random
    on_its_way: list[bytes] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    events: int = 0
    is_over: bool = False

    async def run(self, doors: Sequence[httpx.AsyncClient], events: int) -> None:
        """Let so many changes happen, and every event come in three times."""
        senders = [
            asyncio.create_task(self._send(doors[number % len(doors)], least=events * TIMES // 10))
            for number in range(SENDERS)
        ]
        while self.events < events:
            await self._change(self.dice.choice(self.subscriptions))
        self.is_over = True
        await asyncio.gather(*senders)

    async def _change(self, subscription: str) -> None:
        path, kind = f"/v1/subscriptions/{subscription}", "updated"
        ends = len(self.subscriptions) > 2 and self.dice.random() < 0.02
        if ends:
            self.subscriptions.remove(subscription)
            kind = "deleted"
            found = await self._ask("DELETE", path, {})
        else:
            found = await self._ask("POST", path, await self._something_else(subscription))
        self.events += 1
        body = body_of(
            id=f"evt_{self.events}",
            type=f"customer.subscription.{kind}",
            data={"object": found},
        )
        self.on_its_way += [body] * TIMES

    async def _something_else(self, subscription: str) -> dict[str, str]:
        kind = self.dice.randrange(3)
        if kind == 0:
            return {"cancel_at_period_end": self.dice.choice(["true", "false"])}
        if kind == 1:
            ahead = self.dice.randrange(_DAY, 300 * _DAY)
            return {"trial_end": str(int(now().timestamp()) + ahead), "proration_behavior": "none"}
        (item,) = (await self._ask("GET", f"/v1/subscriptions/{subscription}", {}))["items"]["data"]
        return {
            "items[0][id]": item["id"],
            "items[0][price]": self.dice.choice(self.prices),
            "proration_behavior": "none",
        }

    async def _ask(self, method: str, path: str, form: dict[str, str]) -> Any:
        stripe, asked = self.shop.stripe, form | _EXPANDED
        answer = await stripe.http.request(
            method,
            f"{stripe.url}{path}",
            headers={"authorization": f"Bearer {stripe.key}"},
            params=None if method == "POST" else asked,
            data=asked if method == "POST" else None,
        )
        answer.raise_for_status()
        return answer.json()

    async def _send(self, door: httpx.AsyncClient, least: int) -> None:
        """Send whichever; as long as more comes, from a pile large enough to be shuffled."""
        while self.on_its_way or not self.is_over:
            if len(self.on_its_way) < (1 if self.is_over else least):
                await asyncio.sleep(0.01)
                continue
            at = self.dice.randrange(len(self.on_its_way))
            self.on_its_way[at], self.on_its_way[-1] = self.on_its_way[-1], self.on_its_way[at]
            body = self.on_its_way.pop()
            await self._deliver(door, body)

    async def _deliver(self, door: httpx.AsyncClient, body: bytes) -> None:
        """Post an event until it is taken, as Stripe does: who died meanwhile gave no answer."""
        for _ in range(_TRIES):
            try:
                answer = await door.post(
                    DOOR, content=body, headers={"stripe-signature": signed(body)}
                )
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            self.answers[answer.status_code] += 1
            if answer.is_success:
                return
        raise AssertionError("Nobody takes an event.")


_EXPANDED = {f"expand[{at}]": name for at, name in enumerate(EXPAND_SUBSCRIPTION)}


async def until_quiet(within_s: float) -> None:
    """Wait until every event is dealt with."""
    async with asyncio.timeout(within_s):
        while await _are_any_left():  # noqa: ASYNC110 - it is other processes that deal with them
            await asyncio.sleep(0.2)


async def _are_any_left() -> bool:
    return bool(await run_sql("SELECT id FROM inbox_event WHERE state = 'new' LIMIT 1"))


async def count_wrong(shop: Shop) -> tuple[int, int]:
    """Compare every copy with what Stripe has: count those that differ in anything, and all."""
    gateway = await gateway_of(shop.site.company_id)
    copies = {row["stripe_id"]: row for row in await run_sql("SELECT * FROM subscription")}
    wrong = 0
    for stripe_id, row in copies.items():
        wrong += _told(row) != _told_by(row, await gateway.fetch_subscription(stripe_id))
    assert len(copies) == (await shop.counts())[1]
    return wrong, len(copies)


def _told(row: dict[str, Any]) -> str:
    return json.dumps([row[name] for name in SUBSCRIPTION_COLUMNS[:-_OURS]], default=str)


def _told_by(row: dict[str, Any], billed: BilledSubscription) -> str:
    values = subscription_values(row["customer"], billed, 0, now())
    return json.dumps(values[:-_OURS], default=str)

"""How often each thing that was posted was done, here and at Stripe; and whether all know it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from portal import clock
from portal.billing.gateway import gateway_of
from portal.database import run_sql
from tests.chaos.posts import Post, Told
from tests.onboarding.shop import Shop

Counts = list[Counter[str]]
_AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Done:
    """What is wrong with what was done, if anything."""

    posts: int
    doubled: tuple[str, ...]
    lost: tuple[str, ...]
    unequal: tuple[str, ...]
    """Not all were answered alike, with one answer that is no replay."""

    @property
    def is_right(self) -> bool:
        """Tell whether each was done once, and all were told so."""
        return not (self.doubled or self.lost or self.unequal)

    def __str__(self) -> str:
        """Say it for the table."""
        return (
            f"{self.posts} keys: {len(self.doubled)} doubled, {len(self.lost)} lost,"
            f" {len(self.unequal)} answered unlike"
        )


async def done(shop: Shop, told: Mapping[Post, Sequence[Told]]) -> Done:
    """Count it all."""
    doubled, lost = list[str](), list[str]()
    for kind in {post.kind for post in told if post.is_kept}:
        counts = await _COUNTED[kind](shop)
        for about in (post.about for post in told if post.kind == kind):
            often = [count[about] for count in counts]
            doubled += [f"{kind} {about}: {often}"] * any(n > 1 for n in often)
            lost += [f"{kind} {about}: {often}"] * any(n < 1 for n in often)
    unequal = [
        f"{post.kind} {post.about}: {Counter(answers)}"
        for post, answers in told.items()
        if not _are_alike(post, answers)
    ]
    return Done(len(told), tuple(doubled), tuple(lost), tuple(unequal))


def _are_alike(post: Post, answers: Sequence[Told]) -> bool:
    """Tell whether all say the same, and all but one that they are replays.

    Where a portal died before it sent that one, all are replays.
    """
    new = sum(not answer.is_replay for answer in answers)
    if not post.is_kept:
        return new == len(answers) and {answer.status for answer in answers} == {201}
    good = all(200 <= answer.status < 300 for answer in answers)
    said = {(answer.status, _without_secret(answer)) for answer in answers}
    return good and new <= 1 and len(said) == 1


def _without_secret(answer: Told) -> bytes:
    """Return what is told to all: an endpoint's secret is told once, and kept nowhere."""
    said = json.loads(answer.body)
    if "secret" not in said:
        return answer.body
    assert (said["secret"] is None) == answer.is_replay
    return json.dumps(said | {"secret": None}).encode()


async def _customers(shop: Shop) -> Counts:
    rows = await run_sql("SELECT email FROM customer WHERE status <> 'deleted'")
    there = await shop.stripe.objects("customer")
    at_stripe = (one["email"] for one in there if not one.get("deleted"))
    return [Counter(row["email"] for row in rows), Counter(at_stripe)]


async def _subscribers(shop: Shop) -> Counts:
    emails = {one["id"]: one["email"] for one in await shop.stripe.objects("customer")}
    sold = await shop.stripe.objects("subscription")
    rows = await run_sql(
        "SELECT email FROM subscription JOIN customer ON customer.id = subscription.customer"
        " WHERE subscription.status IN ('active', 'trialing')"
    )
    living = (emails[one["customer"]] for one in sold if one["status"] != "canceled")
    here, there = Counter(row["email"] for row in rows), Counter(living)
    return [*await _customers(shop), here, there]


async def _changes(shop: Shop) -> Counts:
    """Count what was asked for, and what was charged for it."""
    charged = (
        invoice["customer"]
        for invoice in await shop.stripe.objects("invoice")
        if invoice["billing_reason"] == "subscription_update"
    )
    return [await _asked("switch"), await _whose(charged)]


async def _pauses(shop: Shop) -> Counts:
    paused = (
        one["customer"]
        for one in await shop.stripe.objects("subscription")
        if one.get("pause_collection")
    )
    return [await _asked("pause"), await _whose(paused)]


async def _uses(shop: Shop) -> Counts:
    """Count uses of one each: Stripe shows its events to nobody, only their sum."""
    rows = await run_sql(
        "SELECT usage_event.event_id, customer.stripe_id FROM usage_event"
        " JOIN customer ON customer.id = usage_event.customer"
    )
    (meter,) = await run_sql("SELECT meter FROM plan WHERE key = 'calls'")
    gateway, now = await gateway_of(shop.site.company_id), clock.now()
    there = Counter[str]()
    for row in rows:
        used = await gateway.fetch_use(
            meter["meter"], row["stripe_id"], since=now - _AN_HOUR, until=now + _AN_HOUR
        )
        there[row["event_id"]] = int(used)
    return [Counter(row["event_id"] for row in rows), there]


async def _endpoints(shop: Shop) -> Counts:
    return [Counter(row["url"] for row in await run_sql("SELECT url FROM webhook_endpoint"))]


async def _tests(shop: Shop) -> Counts:
    return [Counter(r["endpoint"] for r in await run_sql("SELECT endpoint FROM webhook_delivery"))]


async def _secrets(shop: Shop) -> Counts:
    return [await _noted("webhook_endpoint.secret_rotated")]


async def _asked(kind: str) -> Counter[str]:
    rows = await run_sql(
        "SELECT customer FROM plan_change WHERE kind = {} AND state = 'done'", kind
    )
    return Counter(row["customer"] for row in rows)


async def _noted(action: str) -> Counter[str]:
    rows = await run_sql("SELECT object_id FROM audit_entry WHERE action = {}", action)
    return Counter(row["object_id"] for row in rows)


async def _whose(stripe_ids: Iterable[str]) -> Counter[str]:
    """Count our customers by their ids at Stripe."""
    rows = await run_sql("SELECT id, stripe_id FROM customer")
    ours = {row["stripe_id"]: row["id"] for row in rows}
    return Counter(ours[id] for id in stripe_ids)


_COUNTED: Mapping[str, Callable[[Shop], Awaitable[Counts]]] = {
    "customer": _subscribers,
    "003": _customers,
    "004": _customers,
    "change": _changes,
    "pause": _pauses,
    "use": _uses,
    "endpoint": _endpoints,
    "test": _tests,
    "secret": _secrets,
}


async def until_held(emails: Sequence[str], within_s: float) -> dict[str, str]:
    """Wait until a subscription of each of these runs; return it by their ids, in this order."""
    async with asyncio.timeout(within_s):
        while len(running := await _held(emails)) < len(emails):  # noqa: ASYNC110 - portals do it
            await asyncio.sleep(0.1)
    return running


async def _held(emails: Sequence[str]) -> dict[str, str]:
    rows: list[dict[str, Any]] = await run_sql(
        "SELECT customer.id, customer.email, subscription.stripe_id FROM subscription"
        " JOIN customer ON customer.id = subscription.customer"
        " WHERE subscription.status = 'active'"
    )
    of = {row["email"]: (row["id"], row["stripe_id"]) for row in rows}
    return dict(of[email] for email in emails if email in of)

"""Programs that post the same thing many times at once, and ask again until they are answered."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from tests.chaos.scale import dice, scaled
from tests.people import ADA, MALLORY

_PATIENCE_S = 60.0
# A little sooner than they are told to.
_AGAIN_S = scaled((0.02, 0.1), (0.3, 1.0))
_CHARGEBEE, _STRIPE = "/compat/api/v2/customers", "/compat/stripe/v1/customers"
_MALLORY = {"email": MALLORY["email"]}
_ANYTHING = {"anything": "else"}


@dataclass(frozen=True, slots=True)
class Post:
    """One request with its key, and what it is about: of that there shall be one."""

    kind: str
    about: str
    path: str
    sent: Mapping[str, Any] = field(default_factory=dict, compare=False)
    other: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """What another request of that key says instead."""
    is_form: bool = False

    @property
    def is_kept(self) -> bool:
        """Tell whether its answer is kept: a link into Stripe's billing portal is not."""
        return self.kind != "portal session"

    @property
    def headers(self) -> tuple[str, str]:
        """Name the headers of its door: that takes the key, and that marks a replay."""
        prefix = "chargebee-" if self.path.startswith(_CHARGEBEE) else ""
        replayed = f"{prefix}idempotency-replayed" if prefix else "idempotent-replayed"
        return f"{prefix}idempotency-key", replayed

    @property
    def key(self) -> str:
        """Return its key: another one for each."""
        return f"{self.kind}:{self.about}".replace(" ", "-")

    def otherwise(self) -> Post:
        """Return another request of the same key."""
        return replace(self, sent={**self.sent, **self.other})


@dataclass(frozen=True, slots=True)
class Told:
    """What a program was answered in the end."""

    status: int
    body: bytes
    is_replay: bool


@dataclass
class Programs:
    """As many programs as post one thing at once, with one key of ours."""

    http: httpx.AsyncClient
    times: int
    met: Counter[str] = field(default_factory=Counter)
    """What they were told instead of an answer, how often: a status, or that nobody was there."""

    async def post(self, posts: Sequence[Post], *, at_once: int) -> dict[Post, list[Told]]:
        """Post each of these so many times at once, some of them beside each other."""
        places = asyncio.Semaphore(at_once)

        async def often(one: Post) -> list[Told]:
            async with places:
                asking = (self.until_answered(one) for _ in range(self.times))
                return await asyncio.gather(*asking)

        answers = await asyncio.gather(*map(often, posts))
        return dict(zip(posts, answers, strict=True))

    async def until_answered(self, post: Post) -> Told:
        """Post it again while it is under way, or nobody knows what became of it."""
        between = dice(post.key)
        while True:
            try:
                told, is_later = await self._post(post)
            except httpx.TransportError:
                self.met["broken off"] += 1
            else:
                if not is_later:
                    return told
                self.met[str(told.status)] += 1
            await asyncio.sleep(between.uniform(*_AGAIN_S))

    async def _post(self, post: Post) -> tuple[Told, bool]:
        key, replayed = post.headers
        sent: dict[str, Any] = {"data" if post.is_form else "json": post.sent or None}
        answer = await self.http.post(post.path, headers={key: post.key}, **sent)
        told = Told(answer.status_code, answer.content, answer.headers.get(replayed) == "true")
        # What may be asked again says when; a refusal does not.
        is_in_use = told.status == 409 and "retry-after" in answer.headers
        return told, is_in_use or told.status >= 500


@asynccontextmanager
async def programs(url: str, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """Open what programs reach the portals through: a connection for each request."""
    async with httpx.AsyncClient(
        base_url=url,
        headers={"authorization": f"Bearer {key}"},
        limits=httpx.Limits(max_keepalive_connections=0),
        timeout=_PATIENCE_S,
        verify=False,
    ) as http:
        yield http


def customers(count: int) -> list[Post]:
    """Make customers with a plan and a card."""
    address = {name: ADA[name] for name in ("line1", "city", "postal_code", "country")}
    names = {name: ADA[name] for name in ("first_name", "last_name")}
    more = {"address": address, "plan": "studio", "payment_method": "pm_card_visa"}
    return [
        Post("customer", email, "/v1/customers", names | more | {"email": email}, _MALLORY)
        for email in _emails("ada", count)
    ]


def at_other_doors(count: int) -> list[Post]:
    """Make customers at documents 003 and 004, where a known e-mail address makes another."""
    at_003 = [
        Post("003", email, _CHARGEBEE, {"email": email}, _MALLORY, is_form=True)
        for email in _emails("bee", count)
    ]
    at_004 = [
        Post("004", email, _STRIPE, {"email": email}, _MALLORY, is_form=True)
        for email in _emails("stripe", count)
    ]
    return at_003 + at_004


def of_plans(held: Mapping[str, str], each: int) -> list[Post]:
    """Change the plans of some, pause those of others; `held` has a subscription by customer."""
    some, path = list(held.items()), "/v1/subscriptions"
    changes = [
        Post("change", customer, f"{path}/{id}/change", {"plan": "house"}, {"plan": "reader"})
        for customer, id in some[:each]
    ]
    pauses = [
        Post("pause", customer, f"{path}/{id}/pause", other=_ANYTHING)
        for customer, id in some[each : 2 * each]
    ]
    return changes + pauses


def of_use(held: Mapping[str, str], at: str, count: int) -> list[Post]:
    """Count a use of some, and lead them to the billing portal."""
    some = list(held)[:count]
    return [_use(customer, at) for customer in some] + [
        Post("portal session", customer, "/v1/portal_sessions", {"customer": customer})
        for customer in some
    ]


def _use(customer: str, at: str) -> Post:
    name = f"use-{customer}"
    use = {"event_id": name, "customer": customer, "meter": "calls", "quantity": 1, "at": at}
    return Post("use", name, "/v1/usage", {"events": [use]}, {"events": [use | {"quantity": 2}]})


def of_endpoints(known: Sequence[str], count: int) -> list[Post]:
    """Make webhook endpoints, and have those that are known tried, and given another secret."""
    path = "/v1/webhook_endpoints"
    made = [
        Post("endpoint", url, path, {"url": url, "types": ["customer.deleted"]}, {"site": "1"})
        for url in (f"https://shop.example/{number}" for number in range(count))
    ]
    tried = [Post("test", id, f"{path}/{id}/test", other=_ANYTHING) for id in known]
    rotated = [Post("secret", id, f"{path}/{id}/rotate", other=_ANYTHING) for id in known]
    return made + tried + rotated


def _emails(name: str, count: int) -> list[str]:
    return [f"{name}{number}@lovelace.example" for number in range(count)]

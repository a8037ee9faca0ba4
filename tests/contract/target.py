"""A portal to be tried: the demo's plans, customers, a key that may do all, and a tally."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from portal.access.keys import create_key
from portal.app import Portal, create_app
from portal.deliveries.send import Courier
from portal.plans.apply import apply_declaration
from portal.plans.declaration import read_declaration
from portal.settings import configure
from portal.sites.storefront import all_sites
from portal.subscriptions.stykite import document_id
from portal.web.programs.pace import forget_pace
from portal.web.scope import Message, Receive, Scope, Send
from portal.worker import Worker
from tests.conftest import serving
from tests.journeys.shop import DECLARED
from tests.local_stripe import LocalStripe
from tests.people import ADA

CUSTOMERS, ENDPOINTS = 40, 4
LISTED = (
    *("customers", "subscriptions", "plans", "sites"),
    *("webhook_endpoints", "webhook_deliveries"),
)
UNHINDERED = 1_000_000


@dataclass
class Tally:
    """Counts what the portal answers, by path and status, on its way out.

    forgets: whether answers lose the number of their request, which every document promises.
    """

    portal: Portal
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    is_counting: bool = False
    forgets: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def seen(message: Message) -> None:
            # How often strangers may try their keys is another test's.
            forget_pace()
            if self.is_counting and message["type"] == "http.response.start":
                self.answered[scope["path"], message["status"]] += 1
            if self.forgets and "headers" in message:
                kept = [pair for pair in message["headers"] if pair[0] != b"request-id"]
                message = {**message, "headers": kept}
            await send(message)

        await self.portal(scope, receive, seen)

    def between(self, least: int, most: int) -> int:
        """Count the answers whose status is one of these."""
        return sum(n for (_, status), n in self.answered.items() if least <= status <= most)


@dataclass(frozen=True, slots=True)
class Target:
    """Where it is, the key, what exists there by its kind, and what it answered so far."""

    url: str
    key: str
    living: dict[str, list[str]]
    tally: Tally


@asynccontextmanager
async def target_at(stripe: LocalStripe) -> AsyncIterator[Target]:
    """Serve a portal with its worker at this Stripe, on the database of the settings."""
    made: list[Tally] = []

    def portal(address: str) -> Any:
        configure(base_url=address, worker=False)
        made.append(Tally(create_app()))
        return made[0]

    async with serving(portal) as url, _working():
        await apply_declaration(read_declaration(DECLARED))
        company = (await all_sites())[0].company_id
        key = await create_key(company, label="contract", per_minute=UNHINDERED)
        async with httpx.AsyncClient(
            base_url=url, headers={"authorization": f"Bearer {key.text}"}, timeout=60
        ) as http:
            living = await _settle(http)
        made[0].is_counting = True
        yield Target(url, key.text, living, made[0])
        await stripe.control("POST", "/reset")


class _Idle(Courier):
    """Leaves what is to be delivered where it is: the addresses were drawn by lot."""

    async def start(self) -> None:
        """Begin nothing."""

    async def stop(self, patience_s: float) -> None:
        """End nothing."""


@asynccontextmanager
async def _working() -> AsyncIterator[None]:
    worker = Worker()
    worker._courier = _Idle()
    await worker.start()
    try:
        yield
    finally:
        await worker.stop(1.0)


async def _settle(http: httpx.AsyncClient) -> dict[str, list[str]]:
    """Have people move in, so that most of what is asked for is there."""
    for number in range(CUSTOMERS):
        await _post(http, "/v1/customers", _person(number))
    for number in range(ENDPOINTS):
        url = f"https://shop.example/{number}"
        await _post(http, "/v1/webhook_endpoints", {"url": url, "types": ["*"]})
    living = {kind: await _ids(http, kind) for kind in LISTED}
    people = (await http.get("/v1/customers", params={"limit": 100})).json()["data"]
    sites = await all_sites()
    return living | {
        "email": [_person(number)["email"] for number in range(3 * CUSTOMERS)],
        "at_stripe": [one["gateway_customer_id"] for one in people if one["gateway_customer_id"]],
        "numbers": [str(site.number) for site in sites],
        "companies": [document_id(sites[0].company_id)],
        "countries": [document_id(site.id) for site in sites],
        "subscribers": [document_id(one["id"]) for one in people],
    }


def _person(number: int) -> dict[str, str]:
    return {"email": f"ada.{number}@lovelace.example", "first_name": ADA["first_name"]}


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await http.post(path, json=body)
    assert answer.status_code == 201, answer.text


async def _ids(http: httpx.AsyncClient, kind: str) -> list[str]:
    answer = await http.get(f"/v1/{kind}", params={"limit": 100})
    return [thing["id"] for thing in answer.json()["data"]] if answer.status_code == 200 else []

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
from portal.plans.apply import apply_declaration
from portal.plans.declaration import read_declaration
from portal.settings import configure
from portal.sites.storefront import all_sites
from portal.web.scope import Message, Receive, Scope, Send
from tests.conftest import serving
from tests.journeys.shop import DECLARED
from tests.local_stripe import LocalStripe
from tests.people import ADA

CUSTOMERS = 40
UNHINDERED = 1_000_000


@dataclass
class Tally:
    """Counts what the portal answers, by path and status, on its way out."""

    portal: Portal
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    is_counting: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def seen(message: Message) -> None:
            if self.is_counting and message["type"] == "http.response.start":
                self.answered[scope["path"], message["status"]] += 1
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
        configure(base_url=address)
        made.append(Tally(create_app()))
        return made[0]

    async with serving(portal) as url:
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


async def _settle(http: httpx.AsyncClient) -> dict[str, list[str]]:
    """Have people move in, so that most of what is asked for is there."""
    customers = []
    for number in range(CUSTOMERS):
        answer = await http.post(
            "/v1/customers",
            json={"email": f"ada.{number}@lovelace.example", "first_name": ADA["first_name"]},
        )
        assert answer.status_code == 201, answer.text
        customers.append(answer.json()["id"])
    emails = [f"ada.{number}@lovelace.example" for number in range(3 * CUSTOMERS)]
    return {"customer": customers, "email": emails}

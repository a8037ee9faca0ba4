"""A program of the seller's, with its key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from portal.access.keys import create_key
from tests.pages.browsing import ORIGIN

ADA = {
    "email": "ada@lovelace.example",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "address": {
        "line1": "12 St James’s Square",
        "city": "London",
        "postal_code": "SW1Y 4JH",
        "country": "GB",
    },
}


@dataclass(frozen=True, slots=True)
class Program:
    """One program at the portal, and the id of its key."""

    http: httpx.AsyncClient
    key_id: str = ""

    async def get(self, path: str, **more: Any) -> httpx.Response:
        """Ask for something."""
        return await self.http.get(path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """Send JSON."""
        return await self.http.post(path, json=body, **more)

    async def patch(self, path: str, body: Any) -> httpx.Response:
        """Send a change as JSON."""
        return await self.http.patch(path, json=body)

    async def delete(self, path: str) -> httpx.Response:
        """Ask for something to be gone."""
        return await self.http.delete(path)


@asynccontextmanager
async def calling(app: Any, key: str = "", key_id: str = "") -> AsyncIterator[Program]:
    """Be a program that carries this key, if any."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    transport = httpx.ASGITransport(app, client=("192.0.2.99", 4711))
    async with httpx.AsyncClient(
        transport=transport, base_url=ORIGIN, headers=headers, timeout=15
    ) as http:
        yield Program(http, key_id)


@asynccontextmanager
async def program_with(app: Any, company: str = "comp_1", **key: Any) -> AsyncIterator[Program]:
    """Be a program whose key was made just now."""
    made = await create_key(company, **key)
    async with calling(app, made.text, made.id) as program:
        yield program

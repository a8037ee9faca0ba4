"""The sandbox as tests use it: an account of their own, and the control API behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class LocalStripe:
    """One fresh account in the sandbox that this run serves."""

    url: str
    key: str
    http: httpx.AsyncClient
    account: str

    async def post(self, path: str, form: Mapping[str, Any]) -> dict[str, Any]:
        """Make or change something by its API, such as post("customers", {"name": "Ada"})."""
        answer = await self.http.post(
            f"{self.url}/v1/{path}",
            data=dict(form),
            headers={"authorization": f"Bearer {self.key}"},
        )
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()
        return made

    async def control(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Ask the control API, such as control("POST", "/clock", {"advance": 60})."""
        answer = await self.http.request(
            method,
            f"{self.url}/_sandbox{path}",
            params=query,
            json=body,
            headers={"authorization": f"Bearer {self.key}"},
        )
        answer.raise_for_status()
        return answer.json()

    async def calls(self) -> list[tuple[str, str]]:
        """Return method and path of each request to its API, in order."""
        seen = (await self.control("GET", "/requests"))["requests"]
        return [(request["method"], request["path"]) for request in seen]

    async def objects(self, kind: str) -> list[dict[str, Any]]:
        """Return every object of a kind, such as "customer"."""
        found: list[dict[str, Any]] = (await self.control("GET", "/objects", type=kind))["objects"]
        return found

    async def truth(self) -> dict[str, Any]:
        """Return all customers and subscriptions, compactly, to compare copies with."""
        told: dict[str, Any] = await self.control("GET", "/truth")
        return told

    async def in_dashboard(
        self, method: str, path: str, params: Any = None, *, event: bool = True
    ) -> None:
        """Do an operation of the API as a person would in the Dashboard, with or without event."""
        act = {"method": method, "path": path, "params": params or {}, "event": event}
        await self.control("POST", "/dashboard", act)

    async def fault(self, **fault: Any) -> None:
        """Set a fault; the control API's page (/_sandbox/docs) describes them."""
        await self.control("POST", "/faults", fault)

    async def mend(self) -> None:
        """Clear every fault."""
        await self.control("DELETE", "/faults")


async def open_account(url: str, http: httpx.AsyncClient) -> LocalStripe:
    """Open an account with nothing in it."""
    answer = await http.post(f"{url}/_sandbox/accounts", json={})
    answer.raise_for_status()
    opened = answer.json()
    return LocalStripe(url, opened["key"], http, opened["account"])

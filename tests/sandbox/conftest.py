"""A sandbox over HTTP, in the test's own loop; every test has an account of its own in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import stripe
import uvicorn

from portal.sandbox.app import create_app
from portal.sandbox.listening import listen
from tests.sandbox.shapes import misshapen

stripe.enable_telemetry = False

PATIENCE_S = 30.0
"""How long a client waits for an answer, however busy the machine is."""


@dataclass(frozen=True, slots=True)
class Control:
    """The control API of one account."""

    session: aiohttp.ClientSession
    address: str
    key: str

    async def get(self, path: str, **query: str) -> Any:
        """Read something."""
        return await self._ask("GET", path, params=query)

    async def post(self, path: str, given: Any = None) -> Any:
        """Set something."""
        return await self._ask("POST", path, json={} if given is None else given)

    async def delete(self, path: str) -> Any:
        """Clear something."""
        return await self._ask("DELETE", path)

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        url = f"{self.address}/_sandbox/{path}"
        async with self.session.request(method, url, headers=headers, **more) as reply:
            assert reply.status == 200, await reply.text()
            return await reply.json()


@contextlib.asynccontextmanager
async def served(app_at: Callable[[str], Any]) -> AsyncIterator[str]:
    """Serve an application on a free port of loopback; give its address."""
    listening = listen(0)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(app_at(address), log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    async with asyncio.timeout(60):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event
            await asyncio.sleep(0.01)
    yield address
    server.should_exit = True
    await serving


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
async def address() -> AsyncIterator[str]:
    """Where the sandbox is."""
    async with served(lambda address: create_app(public_url=address)) as address:
        yield address


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def control(http: aiohttp.ClientSession, address: str) -> Control:
    """The control API of a new account."""
    async with http.post(f"{address}/_sandbox/accounts", json={}) as reply:
        return Control(http, address, (await reply.json())["key"])


class CheckingClient(stripe.AIOHTTPClient):
    """The SDK's own HTTP client, which looks at the shape of every object that comes in."""

    def __init__(self) -> None:
        super().__init__(timeout=aiohttp.ClientTimeout(total=PATIENCE_S))
        self.problems: set[str] = set()

    async def request_async(
        self, method: str, url: str, headers: Any, post_data: Any = None
    ) -> tuple[bytes, int, Any]:
        """Send a request, and write down what is wrong with the shape of the answer."""
        content, status, given = await super().request_async(method, url, headers, post_data)
        if status == 200:
            self.problems.update(misshapen(json.loads(content)))
        return content, status, given


@contextlib.asynccontextmanager
async def client_of(address: str, key: str) -> AsyncIterator[stripe.StripeClient]:
    """Give the real SDK, pointed at the sandbox; every object it was sent had the right shape."""
    client = CheckingClient()
    yield stripe.StripeClient(key, base_addresses={"api": address}, http_client=client)
    await client.close_async()  # type: ignore[no-untyped-call]
    assert not client.problems, "\n".join(sorted(client.problems))


@pytest.fixture
async def api(address: str, control: Control) -> AsyncIterator[Any]:
    """The real SDK's v1, for the new account."""
    async with client_of(address, control.key) as client:
        yield client.v1

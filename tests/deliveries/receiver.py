"""A seller's receiver on loopback: it keeps what it is told, and answers as it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook


@dataclass
class Taken:
    """One request as it came."""

    headers: Mapping[str, str]
    body: str

    def verified(self, secret: str) -> Any:
        """Check the signature as sellers do, and read the body."""
        return Webhook(secret).verify(self.body, dict(self.headers))


@dataclass
class Receiver:
    """Answers with `status`, these headers and words, once `is_open`.

    With `fails_every`, one of so many is answered 503.
    """

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    words: bytes = b""
    taken: list[Taken] = field(default_factory=list)
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    most_at_once: int = 0
    at_once: int = 0
    fails_every: int = 0

    def __post_init__(self) -> None:
        self.is_open.set()

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Keep the request and answer."""
        self.taken.append(
            Taken(
                {k.lower(): v for k, v in request.headers.items()}, (await request.read()).decode()
            )
        )
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.is_open.wait()
        finally:
            self.at_once -= 1
        fails = self.fails_every and not len(self.taken) % self.fails_every
        return web.Response(
            status=503 if fails else self.status, headers=self.headers, body=self.words
        )


@asynccontextmanager
async def receiving(**answers: Any) -> AsyncIterator[Receiver]:
    """Serve a receiver on a free port of loopback."""
    receiver = Receiver(**answers)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(
        application, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
    )
    await runner.setup()
    server = web.TCPSite(runner, "127.0.0.1", 0)
    await server.start()
    assert server._server is not None
    port = server._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    receiver.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield receiver
    finally:
        receiver.is_open.set()
        await runner.cleanup()

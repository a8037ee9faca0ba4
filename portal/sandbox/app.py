"""The sandbox as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from portal.sandbox import control, pages
from portal.sandbox.catalogue import WARM
from portal.sandbox.door import answer_api
from portal.sandbox.schema import warm
from portal.sandbox.wire import (
    Answer,
    ConnectionLost,
    Receive,
    Request,
    Send,
    as_json,
    cut,
    read_request,
    write_answer,
)
from portal.sandbox.world import Sandbox


def create_app(
    *, data: Path | None = None, public_url: str, key: str = "sk_test_sandbox"
) -> SandboxApp:
    """Make a local Stripe with one account, whose API key is `key`.

    Its API is at `<public_url>/v1/…`, the control API at `/_sandbox/…`, hosted pages at `/p/…` and
    `/i/…`. With `data`, a file, everything is kept there and a restart continues where it was.
    """
    sandbox = Sandbox(public_url, data)
    sandbox.open_account(key)
    return SandboxApp(sandbox)


class SandboxApp:
    """The ASGI application around one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection, or one life."""
        if scope["type"] == "lifespan":
            await _live(self.sandbox, receive, send)
        elif scope["type"] == "http":
            await _serve(self.sandbox, scope, receive, send)


async def _live(sandbox: Sandbox, receive: Receive, send: Send) -> None:
    """Run what happens by itself, deliveries and billing, between start-up and shut-down."""
    await receive()
    tasks = [asyncio.create_task(sandbox.courier.run()), asyncio.create_task(sandbox.agenda.run())]
    for name in WARM:
        warm(name)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    sandbox.close()
    await send({"type": "lifespan.shutdown.complete"})


async def _serve(
    sandbox: Sandbox, scope: MutableMapping[str, Any], receive: Receive, send: Send
) -> None:
    try:
        request = await read_request(scope, receive)
        answer = await _answer(sandbox, request)
        await sandbox.written()
        await write_answer(answer, send)
    except (ConnectionLost, asyncio.CancelledError):
        await cut(receive, send)


async def _answer(sandbox: Sandbox, request: Request) -> Answer:
    if request.path.startswith("/v1/"):
        return await answer_api(sandbox, request)
    if answer := await pages.answer(sandbox, request):
        return answer
    if request.path.startswith("/_sandbox/"):
        return await control.answer(sandbox, request)
    return as_json(404, {"error": {"message": f"Nothing is at {request.path}."}})

"""A request that was read, and an answer to be written: all the sandbox needs of HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import msgspec

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST_BODY = 1024 * 1024


class ConnectionLost(Exception):
    """The answer shall never come: the connection is cut."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, its body read."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    receive: Receive | None = None
    account: str | None = None
    """The account that the address names."""

    async def wait_until_left(self, at_most_s: float) -> None:
        """Wait until the other side gives up, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                if self.receive is None:
                    await asyncio.sleep(at_most_s)
                else:
                    await self.receive()


@dataclass(slots=True)
class Answer:
    """One HTTP answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def as_json(status: int, value: Any) -> Answer:
    """Answer with JSON."""
    return Answer(status, msgspec.json.format(msgspec.json.encode(value), indent=2))


async def read_request(scope: MutableMapping[str, Any], receive: Receive) -> Request:
    """Read a request whole.

    Raises:
        ConnectionLost: the other side went away, or sent more than a MiB.
    """
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect" or len(body) > LARGEST_BODY:
            raise ConnectionLost
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
    account = None
    if path.startswith("/acct/"):
        account, _, path = path.removeprefix("/acct/").partition("/")
        path = f"/{path}"
    query = scope["query_string"].decode("latin-1")
    return Request(scope["method"], path, query, headers, body, receive, account)


async def write_answer(answer: Answer, send: Send) -> None:
    """Write an answer, with the time it is: a server's own date is as old as its last look."""
    headers = {
        "content-type": answer.content_type,
        "content-length": str(len(answer.body)),
        "Date": formatdate(usegmt=True),
    }
    headers |= answer.headers
    _leave_out_date(send)
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})


def _leave_out_date(send: Send) -> None:
    """Keep the server from adding its own date; uvicorn's `send` is a method of its cycle."""
    cycle: Any = getattr(send, "__self__", None)
    if hasattr(cycle, "default_headers"):
        cycle.default_headers = [each for each in cycle.default_headers if each[0] != b"date"]


async def cut(receive: Receive, send: Send) -> None:
    """Cut the connection without an answer, as a broken network does.

    Only a server knows its transport; uvicorn's `send` is a method of the cycle that holds it.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("The sandbox was told to cut this connection.")
    transport.abort()
    message = await receive()
    while message["type"] != "http.disconnect":
        message = await receive()

"""Requests as nobody's client would write them, asked of the application itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Asked:
    """One request, byte for byte; nothing in it has to fit together."""

    method: str
    path: bytes
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    breaks_off: bool = False

    def scope(self) -> dict[str, Any]:
        """Return what a server tells an application of it."""
        path, _, query = self.path.partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self.headers],
            "client": ("192.0.2.7", 4711),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: bytes) -> str:
        """Return a header, or ""."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), "")


async def ask(app: Any, asked: Asked) -> Answered:
    """Put a request to an application, as its server would."""
    coming = [{"type": "http.request", "body": asked.body, "more_body": asked.breaks_off}]
    if asked.breaks_off:
        coming.append({"type": "http.disconnect"})
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not coming:
            await asyncio.sleep(3600)
        return coming.pop(0)

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    await app(asked.scope(), receive, send)
    body = b"".join(message.get("body", b"") for message in told)
    return Answered(told[0]["status"], list(told[0]["headers"]), body)

"""A seller's webhook endpoint, for tests of what reaches it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.sandbox.conftest import Control

WITHIN_S = 30.0


class Receiver:
    """A seller's endpoint: it keeps what it is sent and answers what it is told to."""

    def __init__(self) -> None:
        self.address = ""
        self.statuses: list[int] = []
        self.bodies: list[bytes] = []
        self.signatures: list[str] = []
        self.takes_s = 0.0
        self.at_once = 0
        self.most_at_once = 0
        self._came = asyncio.Condition()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take one delivery."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        message = await receive()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.takes_s)
        self.at_once -= 1
        self.bodies.append(message["body"])
        self.signatures.append(dict(scope["headers"]).get(b"stripe-signature", b"").decode())
        async with self._came:
            self._came.notify_all()
        status = self.statuses.pop(0) if self.statuses else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def events(self) -> list[Any]:
        """Give what came."""
        return [json.loads(body) for body in self.bodies]

    async def wait_for(self, count: int) -> None:
        """Wait until so many have come."""
        async with asyncio.timeout(WITHIN_S), self._came:
            await self._came.wait_for(lambda: len(self.bodies) >= count)


async def _live(receive: Any, send: Any) -> None:
    for moment in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{moment}.complete"})


async def listen(api: Any, receiver: Receiver, *types: str) -> Any:
    return await api.webhook_endpoints.create_async(
        {"url": f"{receiver.address}/hook", "enabled_events": list(types or ("*",))}
    )


async def settled(control: Control) -> list[Any]:
    """Wait until nothing is left to deliver, and give all deliveries."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            deliveries = (await control.get("deliveries"))["deliveries"]
            if all(each["state"] != "pending" for each in deliveries):
                return list(deliveries)
            await asyncio.sleep(0.01)


async def attempted(control: Control, times: int = 1) -> Any:
    """Wait until the only delivery was tried so often, and give it."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            (delivery,) = (await control.get("deliveries"))["deliveries"]
            if delivery["attempts"] >= times:
                return delivery
            await asyncio.sleep(0.01)

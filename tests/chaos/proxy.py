"""A proxy before several portals, as an operator has one: it sends nobody where none is ready."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import cycle

import aiohttp

_ASK_EVERY_S = 0.2
_PIECE = 65_536


class Proxy:
    """Passes each connection on to the next portal that was ready when it was last asked."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.url = ""
        self.asks = True
        """Whether it asks; else all count as ready."""
        self.cut_off = 0
        """How many connections nobody took."""
        self._ready = dict.fromkeys(ports, False)
        self._turns = cycle(ports)

    async def ask(self) -> None:
        """Ask all again and again, for ever."""
        patience = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(timeout=patience) as http:
            while True:
                for port in self._ready:
                    self._ready[port] = not self.asks or await _is_ready(http, port)
                await asyncio.sleep(_ASK_EVERY_S)

    async def until(self, port: int, *, ready: bool) -> None:
        """Wait until we know that a portal is ready, or is not."""
        async with asyncio.timeout(60):
            while self._ready[port] is not ready:  # noqa: ASYNC110 - its answers come by asking
                await asyncio.sleep(_ASK_EVERY_S / 4)

    async def pass_on(self, asker: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        """Pass one connection on; whom nobody takes is cut off."""
        ready = (port for port, _ in zip(self._turns, self._ready, strict=False))
        port = next((port for port in ready if self._ready[port]), 0)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            self.cut_off += 1
            answer.close()
            return
        await asyncio.gather(_copy(asker, writer), _copy(reader, answer))


@asynccontextmanager
async def proxy_before(ports: Sequence[int]) -> AsyncIterator[Proxy]:
    """Open a proxy before these ports of this machine, whoever listens there."""
    proxy = Proxy(ports)
    server = await asyncio.start_server(proxy.pass_on, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    asking = asyncio.create_task(proxy.ask())
    try:
        yield proxy
    finally:
        asking.cancel()
        server.close()
        await asyncio.wait([asking])


async def _is_ready(http: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(_PIECE):
            target.write(piece)
            await target.drain()
    target.close()

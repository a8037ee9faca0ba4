"""Where a seller's endpoint is: names asked of DNS, each time anew."""

from __future__ import annotations

import asyncio
import socket
from functools import cache

import dns.asyncresolver
from aiohttp.abc import AbstractResolver, ResolveResult

NAME_UNKNOWN = "name_unknown"
PATIENCE_S = 3.0


class Names(AbstractResolver):
    """Asks DNS without a thread, of which a name server that hangs would take them all."""

    def __init__(self, resolver: dns.asyncresolver.Resolver | None = None) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return all addresses of a name; OSError where it has none, or nobody tells in time."""
        found = await asyncio.gather(
            self._ask(host, "A"), self._ask(host, "AAAA"), return_exceptions=True
        )
        answers = [answer for answer in found if not isinstance(answer, BaseException)]
        addresses = [address for answer in answers for address in answer]
        if not addresses:
            raise OSError(NAME_UNKNOWN)
        return [_result(host, port, address) for address in addresses]

    async def close(self) -> None:
        """Nothing is open."""

    async def _ask(self, host: str, kind: str) -> list[str]:
        resolver = self._resolver or _own_resolver()
        answer = await resolver.resolve(f"{host.rstrip('.')}.", kind, lifetime=PATIENCE_S)
        return [record.address for record in answer]


@cache
def _own_resolver() -> dns.asyncresolver.Resolver:
    resolver = dns.asyncresolver.Resolver()
    resolver.timeout = PATIENCE_S / 3
    return resolver


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=0,
        flags=socket.AI_NUMERICHOST,
    )  # fmt: skip

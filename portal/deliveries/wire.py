"""The way to sellers' endpoints: one POST, to a public address, with an end to our patience."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from portal import clock
from portal.deliveries.guard import is_public
from portal.deliveries.names import NAME_UNKNOWN, Names
from portal.redaction import redacted
from portal.settings import settings

PATIENCE_S = 10.0
_CONNECT_S = 3.0
_WORDS_S = 1.0
_READ = 4096
_KEPT = 200
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint said: its status, or None with the reason in `said`."""

    status: int | None
    took_ms: int
    said: str
    retry_after_s: float = 0.0

    @property
    def is_taken(self) -> bool:
        """Tell whether the endpoint has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_late(self) -> bool:
        """Tell whether it used our patience up."""
        return self.status is None and self.said == TIMED_OUT


TIMED_OUT = "timed_out"
PRIVATE_ADDRESS = "private_address"
REDIRECT_REFUSED = "redirect_refused"
TLS_FAILED = "tls_failed"
UNREACHABLE = "unreachable"
NO_ANSWER = "no_answer"
UNSENDABLE = "unsendable"
"""Why there was no answer."""


class PrivateAddress(OSError):
    """The address that was about to be connected to is none of the public internet."""


_OURS = {
    "content-type": "application/json",
    "user-agent": "Portal-Webhooks/1",
    "accept-encoding": "identity",
}


class Wire:
    """Calls endpoints. Each call resolves anew and has a connection of its own."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def post(self, url: str, body: str, headers: Mapping[str, str]) -> Answer:
        """Send it once and follow nothing; whatever goes wrong is an answer, too."""
        began = time.monotonic()
        try:
            status, said, retry_after_s = await self._post(url, body, headers)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Answer(None, _ms_since(began), _reason(error))
        return Answer(status, _ms_since(began), said, retry_after_s)

    async def close(self) -> None:
        """Let go of every connection."""
        open_ones, self._sessions = self._sessions, {}
        for session in open_ones.values():
            await session.close()

    async def _post(
        self, url: str, body: str, headers: Mapping[str, str]
    ) -> tuple[int, str, float]:
        target = URL(url)
        async with self._session(target.host or "").post(
            target, data=body.encode(), headers=_OURS | dict(headers), allow_redirects=False
        ) as response:
            if 300 <= response.status < 400:
                return response.status, REDIRECT_REFUSED, 0.0
            wait_s = _seconds(response.headers.get("retry-after", ""))
            return response.status, await _words(response), wait_s

    def _session(self, host: str) -> aiohttp.ClientSession:
        """Return what calls this host: past the guard only where the settings name it."""
        is_guarded = host not in settings().private_hosts
        if is_guarded not in self._sessions:
            self._sessions[is_guarded] = _session(self._resolver, is_guarded=is_guarded)
        return self._sessions[is_guarded]


def _session(resolver: AbstractResolver | None, *, is_guarded: bool) -> aiohttp.ClientSession:
    names = resolver or (Names() if is_guarded else None)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=names,
            use_dns_cache=False,
            force_close=True,
            limit=0,
            socket_factory=_public_socket if is_guarded else None,
        ),
        timeout=aiohttp.ClientTimeout(total=PATIENCE_S, sock_connect=_CONNECT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )


def _public_socket(address: tuple[Any, ...]) -> socket.socket:
    """Make the socket for one address, the very one that is connected to next.

    So nothing lies between the check and the connection: a name that leads elsewhere the second
    time, and an address that stands in the URL itself, come by here alike.
    """
    family, kind, protocol, _, (host, *_) = address
    if not is_public(host):
        raise PrivateAddress(PRIVATE_ADDRESS)
    return socket.socket(family=family, type=kind, proto=protocol)


def _reason(error: Exception) -> str:
    """Say in a word why there was no answer."""
    if isinstance(error, aiohttp.ClientSSLError):
        return TLS_FAILED
    behind = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(behind, TimeoutError):
        return TIMED_OUT
    for told in (PRIVATE_ADDRESS, NAME_UNKNOWN):
        if isinstance(behind, OSError) and told in str(behind):
            return told
    return UNREACHABLE if isinstance(error, aiohttp.ClientConnectorError) else NO_ANSWER


async def _words(response: aiohttp.ClientResponse) -> str:
    """Read the beginning of what an endpoint says; its status counts without it."""
    with suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(_WORDS_S):
            return _legible(await response.content.read(_READ))
    return ""


def _legible(raw: bytes) -> str:
    """Keep the beginning of an answer, without what no table takes and what is secret."""
    text = _UNPRINTABLE.sub(" ", raw.decode(errors="replace")).strip()
    return redacted(text)[:_KEPT]


def _seconds(retry_after: str) -> float:
    """Read how long an endpoint asks us to wait: seconds, or a date."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        return (parsedate_to_datetime(retry_after) - clock.now()).total_seconds()
    except (ValueError, TypeError):
        return 0.0


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)

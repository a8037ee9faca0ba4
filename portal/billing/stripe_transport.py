"""The SDK's transport, within our budget of calls and with a breaker: nothing goes out past it."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from random import uniform
from typing import Any

import aiohttp

from portal.billing.budget import Breaker, Budget
from portal.billing.gateway import WORKER_S
from portal.billing.skew import Skew
from portal.billing.stripe_sdk import stripe
from portal.errors import KeyRejected, NotBegun

_CONNECT_S = 5.0
_CONNECTIONS = 128
_KEEP_ALIVE_S = 60.0
# Nobody stands in line for longer: what is owed comes back, a person reads where it stands.
_IN_LINE_S = 8.0
# Part of the calls saved up that the worker leaves for people who wait.
_SPARE = 0.25
# Who hangs up after this long did so because no answer came.
_HUNG_UP_S = 4.5

# Another call has that one object: nothing of all others.
_LOCKED = b'"lock_timeout"'

_is_person: ContextVar[bool] = ContextVar("is_person", default=False)


@contextmanager
def in_a_hurry(is_person: bool) -> Iterator[None]:
    """Let the calls of a person, who waits, go before those that nobody waits for."""
    token = _is_person.set(is_person)
    try:
        yield
    finally:
        _is_person.reset(token)


class TurnedAway(KeyRejected):
    """A call that was not sent: while it stood in line, the key was refused."""


class PacedTransport(stripe.AIOHTTPClient):
    """Calls Stripe as fast as the budget allows, and not at all while it is down.

    Raises NotBegun, with when to come back, for a call that was not sent, and TurnedAway for one
    that stood in line when the key was refused.
    """

    def __init__(self, api: str, calls_per_s: float) -> None:
        is_secure = api.startswith("https://")
        super().__init__(
            timeout=aiohttp.ClientTimeout(total=WORKER_S, sock_connect=_CONNECT_S),
            connector=aiohttp.TCPConnector(
                limit=_CONNECTIONS,
                keepalive_timeout=_KEEP_ALIVE_S,
                ssl=ssl.create_default_context(cafile=stripe.ca_bundle_path) if is_secure else True,
            ),
        )
        self.budget, self.breaker, self.skew = Budget(calls_per_s), Breaker(), Skew()
        self._line, self._standing = asyncio.Lock(), 0
        self._answers_again = False
        self._refusals, self._refused_for = 0, ""

    @property
    def is_down(self) -> bool:
        """Tell whether no call may be made now, because several had no answer."""
        return self.breaker.wait_s(time.monotonic()) > 0

    @property
    def has_line(self) -> bool:
        """Tell whether more calls stand in line than two seconds will take."""
        return self._standing > 2 * self.budget.rate(time.monotonic())

    def answers_again(self) -> bool:
        """Tell, once, that Stripe was down for seconds and has answered since."""
        told, self._answers_again = self._answers_again, False
        return told

    def turn_away(self, reason: str) -> None:
        """Send home, unsent, whoever stands in line: the key was refused, and why.

        Who comes later is sent: by then the key may be good again.
        """
        self._refusals, self._refused_for = self._refusals + 1, reason

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send when it is our turn."""
        await self._turn()
        is_probe = self.breaker.begins(began := time.monotonic())
        try:
            content, status, told = await super().request_async(method, url, headers, post_data)
        except asyncio.CancelledError:
            if time.monotonic() - began > _HUNG_UP_S:
                self.breaker.failed(time.monotonic(), is_probe=is_probe)
            raise
        except Exception:
            self.breaker.failed(time.monotonic(), is_probe=is_probe)
            raise
        self._note(status, content, is_probe=is_probe)
        self.skew.note(time.monotonic() - began, told)
        return content, status, told

    def _note(self, status: int, content: bytes, *, is_probe: bool) -> None:
        if status >= 500:
            self.breaker.failed(time.monotonic(), is_probe=is_probe)
            return
        self._answers_again |= self.breaker.answered(time.monotonic())
        if status == 429 and _LOCKED not in content:
            self.budget.slow_down(time.monotonic())

    async def _turn(self) -> None:
        """Wait until a call may be made: people at once if at all possible, the rest in line."""
        if (down_s := self.breaker.wait_s(time.monotonic())) > 0:
            raise NotBegun("Stripe is down.", retry_after_s=down_s + uniform(0.0, 1.0))  # noqa: S311
        since = self._refusals
        if _is_person.get():
            return await self._stand(since, spare=0.0)
        self._standing += 1
        try:
            async with asyncio.timeout(_IN_LINE_S), self._line:
                self._see_that_none_was_refused(since)
                await self._stand(since, spare=_SPARE)
        except TimeoutError:
            raise NotBegun("Too many calls stand in line.", retry_after_s=uniform(1, 4)) from None  # noqa: S311
        finally:
            self._standing -= 1

    async def _stand(self, since: int, *, spare: float) -> None:
        # Nothing but time brings a call back.
        while (wait_s := self.budget.wait_s(time.monotonic(), spare=spare)) > 0:
            await asyncio.sleep(wait_s)
            self._see_that_none_was_refused(since)
        self.budget.spend()

    def _see_that_none_was_refused(self, since: int) -> None:
        if self._refusals > since:
            raise TurnedAway(self._refused_for)

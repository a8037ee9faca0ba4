"""One key's connection to Stripe: how long we wait, and what an answer has to be."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
import stripe

from portal.billing.gateway import WORKER_S, is_live
from portal.billing.stripe_errors import our_errors
from portal.errors import KeyRejected, Unanswered

_CONNECT_S = 5.0
_CONNECTIONS = 128
_KEEP_ALIVE_S = 60.0

T = TypeVar("T")

stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)  # At INFO and below it logs what we send.


class StripeWire:
    """The SDK's client for one key and one event loop.

    `account` (which account, which mode) belongs in every idempotency key.
    """

    def __init__(self, key: str, api: str, account: str) -> None:
        self.livemode = is_live(key)
        self.account = f"{account}-{'live' if self.livemode else 'test'}"
        self.api = api
        self._http = _http_client(api)
        self.v1 = stripe.StripeClient(
            key, http_client=self._http, base_addresses={"api": api}, max_network_retries=0
        ).v1

    async def close(self) -> None:
        """Close the connections."""
        closing: Any = self._http
        await closing.close_async()

    async def first(
        self, listing: Awaitable[Any], is_it: Callable[[Any], bool], within_s: float = WORKER_S
    ) -> Any:
        """Return the first object of a list, over all its pages, of which `is_it` is true."""

        async def look() -> Any:
            async for found in (await listing).auto_paging_iter():
                if is_it(found):
                    return self.own(found)
            return None

        return await self.ask(look(), within_s)

    async def ask(self, call: Awaitable[T], within_s: float = WORKER_S) -> T:
        """Wait for a call's answer, so long and no longer."""
        with our_errors():
            async with asyncio.timeout(within_s):
                return await call

    def own(self, found: Any) -> Any:
        """Return what Stripe answered, if it is of our key's mode."""
        if getattr(found, "livemode", self.livemode) is not self.livemode:
            raise KeyRejected("Stripe answered with an object of the other mode (test or live).")
        return found

    def led_to(self, url: str) -> str:
        """Let only Stripe's own pages (or those of the local Stripe we talk to) be led to."""
        there, api = urlsplit(url), urlsplit(self.api)
        at_stripe = there.scheme == "https" and f".{there.hostname}".endswith(".stripe.com")
        if at_stripe or (there.scheme, there.netloc) == (api.scheme, api.netloc):
            return url
        raise Unanswered("Stripe answered with an address that is not its own.")


def load() -> None:
    """Import and build once what the SDK makes at the first call of each kind."""
    client = stripe.StripeClient("sk_test_warm", http_client=_NoWire())
    for service in ("customers", "subscriptions", "invoices", "promotion_codes", "coupons"):
        getattr(client.v1, service)
    _ = client.v1.billing_portal.sessions, stripe.PaymentMethod, stripe.billing_portal.Session


class _NoWire(stripe.HTTPClient):
    """A client that is only there so that none is made."""

    name = "none"


def _http_client(api: str) -> stripe.AIOHTTPClient:
    is_secure = api.startswith("https://")
    connector = aiohttp.TCPConnector(
        limit=_CONNECTIONS,
        keepalive_timeout=_KEEP_ALIVE_S,
        ssl=ssl.create_default_context(cafile=stripe.ca_bundle_path) if is_secure else True,
    )
    timeout = aiohttp.ClientTimeout(total=WORKER_S, sock_connect=_CONNECT_S)
    return stripe.AIOHTTPClient(timeout=timeout, connector=connector)


def typed(params: Mapping[str, Any]) -> Any:
    """Hand over parameters that a row kept: their shape was given when they were written."""
    return dict(params)


def keyed(key: str) -> stripe.RequestOptions:
    """Send this idempotency key instead of one the SDK makes up."""
    return {"idempotency_key": key}

"""One key's connection to Stripe: how long we wait, and what an answer has to be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

from portal.billing.gateway import REQUEST_S, WORKER_S, is_live
from portal.billing.stripe_errors import our_errors
from portal.billing.stripe_sdk import stripe
from portal.billing.stripe_transport import PacedTransport, TurnedAway, in_a_hurry
from portal.errors import KeyRejected, NotAllowed, Unanswered
from portal.settings import settings

# Below Stripe's own limits, so that whatever else uses the account finds room.
_LIVE_PER_S, _TEST_PER_S = 45.0, 20.0

T = TypeVar("T")

stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)  # At INFO and below it logs what we send.


class StripeWire:
    """The SDK's client for one key and one event loop.

    `account` (which account, which mode) belongs in every idempotency key.
    """

    def __init__(self, key: str, api: str, account: str) -> None:
        self.livemode, self.is_restricted = is_live(key), key.startswith("rk_")
        self.account = f"{account}-{'live' if self.livemode else 'test'}"
        self.api = api
        usual = _LIVE_PER_S if self.livemode else _TEST_PER_S
        self.transport = PacedTransport(api, settings().stripe_calls_per_s or usual)
        self._client = stripe.StripeClient(
            key, http_client=self.transport, base_addresses={"api": api}, max_network_retries=0
        )
        self.v1 = self._client.v1

    async def close(self) -> None:
        """Close the connections."""
        closing: Any = self.transport
        await closing.close_async()

    async def get(
        self, *path: str, expand: Sequence[str] = (), within_s: float = WORKER_S
    ) -> Mapping[str, Any]:
        """Return one object, as JSON: its place in the API, with what is to come along in full."""
        wanted = {"expand": list(expand)} if expand else {}
        return await self._send("get", path, wanted, within_s)

    async def post(
        self,
        *path: str,
        params: Mapping[str, Any],
        key: str | None = None,
        within_s: float = WORKER_S,
    ) -> Mapping[str, Any]:
        """Make or change one object, under this idempotency key, and return it, as JSON."""
        keys = {} if key is None else {"idempotency_key": key}
        return await self._send("post", path, {**params, **keys}, within_s)

    async def _send(
        self, method: str, path: Sequence[str], params: Mapping[str, Any], within_s: float
    ) -> Mapping[str, Any]:
        # Without the SDK's classes for what is answered: building them costs more than the call.
        place = "/v1/" + "/".join(quote(step, safe="") for step in path)
        call = self._client.raw_request_async(method, place, **params)
        found: Any = (await self.ask(call, within_s)).data
        if not isinstance(found, Mapping):
            raise Unanswered("Stripe answered with something that is no object.")
        return cast("Mapping[str, Any]", self.own(found))

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
        """Wait for a call's answer, so long and no longer; who waits but shortly is a person.

        Once the key is refused, none of those goes out that were to follow (docs/decisions/0021).
        """
        try:
            with our_errors(), in_a_hurry(within_s <= REQUEST_S):
                async with asyncio.timeout(within_s):
                    return await call
        except (NotAllowed, TurnedAway):
            raise
        except KeyRejected as rejected:
            self.transport.turn_away(str(rejected))
            raise

    def own(self, found: Any) -> Any:
        """Return what Stripe answered, if it is of our key's mode."""
        if "livemode" in found and found["livemode"] is not self.livemode:
            raise KeyRejected("Stripe answered with an object of the other mode (test or live).")
        return found

    def led_to(self, url: str) -> str:
        """Let only Stripe's own pages be led to, wherever the seller or a local Stripe has them."""
        there = urlsplit(url)
        at_stripe = there.scheme == "https" and f".{there.hostname}".endswith(".stripe.com")
        known = (urlsplit(self.api), urlsplit(settings().stripe_pages or ""))
        if at_stripe or (there.scheme, there.netloc) in [(at.scheme, at.netloc) for at in known]:
            return url
        raise Unanswered("Stripe answered with an address that is not its own.")


def load() -> None:
    """Import and build once what the SDK makes at the first call of each kind."""
    client = stripe.StripeClient("sk_test_warm", http_client=_NoWire())
    _ = client.v1.customers, client.v1.subscriptions, client.v1.promotion_codes


class _NoWire(stripe.HTTPClient):
    """A client that is only there so that none is made."""

    name = "none"


def typed(params: Mapping[str, Any]) -> Any:
    """Hand over parameters that a row kept: their shape was given when they were written."""
    return dict(params)


def keyed(key: str) -> stripe.RequestOptions:
    """Send this idempotency key instead of one the SDK makes up."""
    return {"idempotency_key": key}

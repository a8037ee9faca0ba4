"""The wire to Stripe: the only place that calls it while customers come and pay."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
import stripe

from portal.billing import stripe_words as words
from portal.billing.gateway import (
    REQUEST_S,
    WORKER_S,
    BilledCustomer,
    BilledInvoice,
    BilledSubscription,
    DiscountFound,
    is_live,
)
from portal.billing.stripe_errors import our_errors
from portal.errors import KeyRejected, Refused, Unanswered

_CONNECT_S = 5.0
_CONNECTIONS = 40
_KEEP_ALIVE_S = 60.0
_PAGE = 100

T = TypeVar("T")

stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)  # At INFO and below it logs what we send.


class StripeGateway:
    """One key's connection to Stripe, for one event loop.

    `account` (which account, which mode) belongs in every idempotency key.
    Every call raises only EffectErrors: Unanswered, NotBegun, Indeterminate, Refused, KeyRejected.
    """

    def __init__(self, key: str, api: str, account: str) -> None:
        self.livemode = is_live(key)
        self.account = f"{account}-{'live' if self.livemode else 'test'}"
        self.api = api
        self._http = _http_client(api)
        self._client = stripe.StripeClient(
            key, http_client=self._http, base_addresses={"api": api}, max_network_retries=0
        )
        self.v1 = self._client.v1

    async def close(self) -> None:
        """Close the connections."""
        closing: Any = self._http
        await closing.close_async()

    async def create_customer(self, params: Mapping[str, Any], *, key: str) -> str:
        """Create the customer and return its id (cus_…)."""
        created = await self.ask(self.v1.customers.create_async(_typed(params), _keyed(key)))
        return str(self.own(created).id)

    async def update_customer(self, stripe_id: str, params: Mapping[str, Any], *, key: str) -> None:
        """Change what these parameters name of a customer."""
        await self.ask(self.v1.customers.update_async(stripe_id, _typed(params), _keyed(key)))

    async def create_subscription(
        self, params: Mapping[str, Any], *, key: str
    ) -> BilledSubscription:
        """Create the subscription; its invoice is told in full where the parameters expand it."""
        created = await self.ask(self.v1.subscriptions.create_async(_typed(params), _keyed(key)))
        return words.subscription_of(self.own(created))

    async def resume_subscription(self, stripe_id: str, *, key: str) -> BilledSubscription:
        """Resume a paused subscription; it goes on once the invoice this may make is paid."""
        resumed = await self.ask(
            self.v1.subscriptions.resume_async(
                stripe_id, {"expand": words.EXPAND_SUBSCRIPTION}, _keyed(key)
            )
        )
        return words.subscription_of(self.own(resumed))

    async def pay_invoice(self, invoice: str, payment_method: str, *, key: str) -> BilledInvoice:
        """Pay an open invoice with this very payment method.

        Raises:
            CardRefused: with Stripe's reason, such as card_declined or authentication_required.
        """
        paid = await self.ask(
            self.v1.invoices.pay_async(invoice, {"payment_method": payment_method}, _keyed(key))
        )
        return _invoice(self.own(paid))

    async def create_portal_session(
        self, stripe_id: str, *, return_url: str, flow: bool, configuration: str | None, locale: str
    ) -> str:
        """Mint a session of the billing portal and return its address, which is a credential.

        With `flow` it opens on the payment method, and comes back by itself when that is done.
        """
        params: dict[str, Any] = {"customer": stripe_id, "return_url": return_url, "locale": locale}
        if configuration:
            params["configuration"] = configuration
        if flow:
            back = {"type": "redirect", "redirect": {"return_url": return_url}}
            params["flow_data"] = {"type": "payment_method_update", "after_completion": back}
        session = await self.ask(
            self.v1.billing_portal.sessions.create_async(_typed(params)), REQUEST_S
        )
        return self._led_to(str(self.own(session).url))

    async def fetch_customer(self, stripe_id: str, *, within_s: float = WORKER_S) -> BilledCustomer:
        """Fetch a customer as they are now; a deleted one says so."""
        found = await self.ask(
            self.v1.customers.retrieve_async(stripe_id, {"expand": words.EXPAND_CUSTOMER}), within_s
        )
        return words.customer_of(self.own(found))

    async def fetch_subscription(
        self, stripe_id: str, *, within_s: float = WORKER_S
    ) -> BilledSubscription:
        """Fetch a subscription as it is now, with its latest invoice."""
        found = await self.ask(
            self.v1.subscriptions.retrieve_async(stripe_id, {"expand": words.EXPAND_SUBSCRIPTION}),
            within_s,
        )
        return words.subscription_of(self.own(found))

    async def fetch_invoice(self, invoice: str) -> BilledInvoice:
        """Fetch an invoice as it is now."""
        return _invoice(self.own(await self.ask(self.v1.invoices.retrieve_async(invoice))))

    async def invoice_page(self, invoice: str) -> str:
        """Return the address of the page on which a customer pays or confirms an invoice."""
        found = self.own(await self.ask(self.v1.invoices.retrieve_async(invoice), REQUEST_S))
        if not found.hosted_invoice_url:
            raise Refused("invoice_without_page")
        return self._led_to(str(found.hosted_invoice_url))

    async def find_customer(self, email: str | None, operation: str) -> str | None:
        """Find what a create with an unknown outcome may have made, by list: search lags behind.

        Stripe compares the e-mail letter by letter: give it exactly as it was sent.
        """
        params: dict[str, Any] = {"limit": _PAGE} | ({"email": email} if email else {})
        found = await self.first(
            self.v1.customers.list_async(_typed(params)),
            lambda customer: words.metadata_of(customer).get("operation") == operation,
        )
        return None if found is None else str(found.id)

    async def find_subscription(
        self, customer_stripe_id: str, operation: str
    ) -> BilledSubscription | None:
        """Find what a create with an unknown outcome may have made for this customer."""
        found = await self.first(
            self.v1.subscriptions.list_async(
                {"customer": customer_stripe_id, "status": "all", "limit": _PAGE}
            ),
            lambda subscription: words.metadata_of(subscription).get("operation") == operation,
        )
        return None if found is None else words.subscription_of(found)

    async def find_discount(self, code: str) -> DiscountFound | None:
        """Find an active promotion code, else a valid coupon, that anyone may use."""
        listed = await self.ask(
            self.v1.promotion_codes.list_async(
                {"code": code, "active": True, "limit": 1, "expand": ["data.promotion.coupon"]}
            ),
            REQUEST_S,
        )
        for found in listed.data:
            coupon: Any = found.promotion.coupon
            if found.customer is None and coupon is not None and coupon.valid:
                return words.discount_of(found.code, "promotion_code", found.id, coupon)
        try:
            coupon = self.own(await self.ask(self.v1.coupons.retrieve_async(code), REQUEST_S))
        except Refused:
            return None
        return words.discount_of(coupon.id, "coupon", coupon.id, coupon) if coupon.valid else None

    async def first(self, listing: Awaitable[Any], is_it: Any, within_s: float = WORKER_S) -> Any:
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

    def _led_to(self, url: str) -> str:
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


def _invoice(found: Any) -> BilledInvoice:
    invoice = words.invoice_of(found, found.currency)
    assert invoice is not None
    return invoice


def _typed(params: Mapping[str, Any]) -> Any:
    """Hand over parameters that a row kept: their shape was given when they were written."""
    return dict(params)


def _keyed(key: str) -> stripe.RequestOptions:
    return {"idempotency_key": key}

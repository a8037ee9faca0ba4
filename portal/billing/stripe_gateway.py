"""The wire to Stripe: the only place that calls it while customers come and pay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.billing import stripe_words as words
from portal.billing.billed import BilledInvoice, BilledSubscription, Discount
from portal.billing.billed_customers import BilledCustomer
from portal.billing.gateway import REQUEST_S, WORKER_S
from portal.billing.stripe_changes import StripeChanges
from portal.billing.stripe_discount_words import (
    EXPAND_COUPON,
    EXPAND_PROMOTION_CODES,
    discount_of,
    promotion_of,
)
from portal.billing.stripe_invoices import StripeInvoices
from portal.billing.stripe_meters import StripeMeters
from portal.billing.stripe_methods import StripeMethods
from portal.billing.stripe_refunds import StripeRefunds
from portal.billing.stripe_subscription_words import (
    EXPAND_SUBSCRIPTION,
    EXPAND_SUBSCRIPTIONS,
    invoice_of,
    subscription_of,
)
from portal.billing.stripe_wire import typed
from portal.errors import Refused

_PAGE = 100


class StripeGateway(StripeChanges, StripeInvoices, StripeMeters, StripeMethods, StripeRefunds):
    """What we ask of Stripe for customers, their subscriptions and payments.

    Every call raises only EffectErrors: Unanswered, NotBegun, Indeterminate, Refused, KeyRejected.
    """

    async def create_customer(self, params: Mapping[str, Any], *, key: str) -> str:
        """Create the customer and return its id (cus_…)."""
        return str((await self.post("customers", params=params, key=key))["id"])

    async def update_customer(self, stripe_id: str, params: Mapping[str, Any], *, key: str) -> None:
        """Change what these parameters name of a customer."""
        await self.post("customers", stripe_id, params=params, key=key)

    async def create_subscription(
        self, params: Mapping[str, Any], *, key: str
    ) -> BilledSubscription:
        """Create the subscription; invoice and discounts are told where the parameters say so."""
        return subscription_of(await self.post("subscriptions", params=params, key=key))

    async def resume_subscription(self, stripe_id: str, *, key: str) -> BilledSubscription:
        """Resume a paused subscription; it goes on once the invoice this may make is paid."""
        params = {"expand": EXPAND_SUBSCRIPTION}
        resumed = await self.post("subscriptions", stripe_id, "resume", params=params, key=key)
        return subscription_of(resumed)

    async def pay_invoice(self, invoice: str, payment_method: str, *, key: str) -> BilledInvoice:
        """Pay an open invoice with this very payment method.

        Raises:
            CardRefused: with Stripe's reason, such as card_declined or authentication_required.
        """
        params = {"payment_method": payment_method}
        return _invoice(await self.post("invoices", invoice, "pay", params=params, key=key))

    async def create_portal_session(
        self,
        stripe_id: str,
        *,
        return_url: str,
        flow: bool,
        configuration: str | None,
        locale: str,
        done_url: str | None = None,
    ) -> str:
        """Mint a session of the billing portal and return its address, which is a credential.

        With `flow` it opens on the payment method, and goes to `done_url`, else back, by itself
        when that is done.
        """
        params: dict[str, Any] = {"customer": stripe_id, "return_url": return_url, "locale": locale}
        if configuration:
            params["configuration"] = configuration
        if flow:
            back = {"type": "redirect", "redirect": {"return_url": done_url or return_url}}
            params["flow_data"] = {"type": "payment_method_update", "after_completion": back}
        session = await self.post("billing_portal", "sessions", params=params, within_s=REQUEST_S)
        return self.led_to(str(session["url"]))

    async def fetch_customer(self, stripe_id: str, *, within_s: float = WORKER_S) -> BilledCustomer:
        """Fetch a customer as they are now; a deleted one says so."""
        found = await self.get(
            "customers", stripe_id, expand=words.EXPAND_CUSTOMER, within_s=within_s
        )
        return words.customer_of(found)

    async def fetch_subscription(
        self, stripe_id: str, *, within_s: float = WORKER_S
    ) -> BilledSubscription:
        """Fetch a subscription as it is now, with its latest invoice and its discounts."""
        found = await self.get(
            "subscriptions", stripe_id, expand=EXPAND_SUBSCRIPTION, within_s=within_s
        )
        return subscription_of(found)

    async def fetch_invoice(self, invoice: str) -> BilledInvoice:
        """Fetch an invoice as it is now."""
        return _invoice(await self.get("invoices", invoice))

    async def find_customer(
        self, sent: Mapping[str, Any], operation: str, *, since: datetime
    ) -> str | None:
        """Find what a create with an unknown outcome may have made, by list: search lags behind.

        Stripe compares the e-mail letter by letter: give it exactly as it was sent. Without one
        all are looked through that were made since then.
        """
        params: dict[str, Any] = {"limit": _PAGE}
        if email := sent.get("email"):
            params["email"] = email
        else:
            params["created"] = {"gte": int(since.timestamp())}
        if clock := sent.get("test_clock"):
            params["test_clock"] = clock
        found = await self.first(
            self.v1.customers.list_async(typed(params)),
            lambda customer: words.metadata_of(customer).get("operation") == operation,
        )
        return None if found is None else str(found.id)

    async def find_subscription(
        self, customer_stripe_id: str, operation: str
    ) -> BilledSubscription | None:
        """Find what a create with an unknown outcome may have made for this customer."""
        found = await self.first(
            self.v1.subscriptions.list_async(
                {
                    "customer": customer_stripe_id,
                    "status": "all",
                    "limit": _PAGE,
                    "expand": EXPAND_SUBSCRIPTIONS,
                }
            ),
            lambda subscription: words.metadata_of(subscription).get("operation") == operation,
        )
        return None if found is None else subscription_of(found)

    async def find_discount(self, code: str) -> Discount | None:
        """Find an active promotion code, else a valid coupon, that anyone may use."""
        wanted = {"code": code, "active": True, "limit": 1, "expand": EXPAND_PROMOTION_CODES}
        # The SDK's own call makes objects of what it lists, and fails where options are null.
        listed = await self._send("get", ["promotion_codes"], wanted, REQUEST_S)
        for found in listed["data"]:
            coupon = found["promotion"]["coupon"]
            if found["customer"] is None and coupon is not None and coupon["valid"]:
                return promotion_of(self.own(found))
        try:
            coupon = await self.get("coupons", code, expand=EXPAND_COUPON, within_s=REQUEST_S)
        except Refused:
            return None
        # A code of dots alone leads elsewhere than to a coupon.
        if coupon["object"] != "coupon" or not coupon["valid"]:
            return None
        return discount_of(coupon["id"], "coupon", coupon["id"], coupon)


def _invoice(found: Any) -> BilledInvoice:
    invoice = invoice_of(found, found["currency"])
    assert invoice is not None
    return invoice

"""A shop where people have signed up, and what Stripe's side of it can do to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from portal.billing.billed import Discount
from portal.billing.gateway import close_gateways, gateway_of
from portal.billing.stripe_gateway import StripeGateway
from portal.customers.tables import Customer
from portal.database import run_sql, transaction
from portal.sites.storefront import Storefront
from portal.subscriptions.held import held_by
from portal.subscriptions.hold import Hold
from portal.subscriptions.sync import sync_object
from portal.subscriptions.tables import BillingProfile, Subscription
from tests.local_stripe import LocalStripe
from tests.onboarding.shop import Shop, onboarding, open_shop
from tests.people import ADA


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Ada, here and at Stripe."""

    id: str
    company: str
    stripe_id: str
    subscription: str
    shop: Shop
    gateway: StripeGateway

    async def adds_card(self, card: str = "pm_card_visa") -> str:
        """Put a card on file, as the billing portal does."""
        customers = self.gateway.v1.customers
        added = await self.gateway.v1.payment_methods.attach_async(
            card, {"customer": self.stripe_id}
        )
        settings: Any = {"invoice_settings": {"default_payment_method": added.id}}
        await customers.update_async(self.stripe_id, settings)
        return added.id

    async def sync(self) -> None:
        """Fetch her and her plan anew."""
        await sync_object(self.company, self.stripe_id)
        await sync_object(self.company, self.subscription)

    async def copy(self) -> dict[str, Any]:
        """Read our copy of her subscription."""
        found = await Subscription.select().where(Subscription.stripe_id == self.subscription)
        return dict(found[0])

    async def profile(self) -> dict[str, Any]:
        """Read our copy of her payment method."""
        found = await BillingProfile.select().where(BillingProfile.customer == self.id)
        return dict(found[0])

    async def row(self) -> dict[str, Any]:
        """Read our customer."""
        return dict((await Customer.select().where(Customer.id == self.id))[0])

    async def hold(self) -> Hold:
        """Read what she holds."""
        hold = await held_by(self.id)
        assert hold is not None
        return hold

    async def passes(self, seconds: int) -> None:
        """Let time go by at Stripe."""
        await self.shop.stripe.control("POST", "/clock", {"advance": seconds})


@pytest.fixture
async def shop(database: str, sandbox: LocalStripe) -> AsyncIterator[Shop]:
    """An open shop on either database."""
    yield await open_shop(sandbox)
    await close_gateways()


async def subscriber(
    shop: Shop,
    plan: str,
    email: str = ADA["email"],
    coupon: Discount | None = None,
    site: Storefront | None = None,
) -> Subscriber:
    """Have somebody sign up for this plan, and the worker do its work."""
    signed_up = await shop.sign_up(plan, email=email, coupon=coupon, site=site)
    await shop.work()
    made = await onboarding(signed_up)
    (row,) = await run_sql("SELECT * FROM customer WHERE id = {}", made["customer"])
    return Subscriber(
        row["id"],
        row["company"],
        row["stripe_id"],
        made["subscription_stripe_id"],
        shop,
        await gateway_of(row["company"]),
    )


async def forget_copies() -> None:
    """Lose every copy, as an old backup has."""
    async with transaction():
        for table in ("subscription", "billing_profile"):
            await run_sql(f"DELETE FROM {table}")

"""The demo's shop for one test: the portal, a Stripe of its own, and both sides' books."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import portal.demo
from portal.app import create_app
from portal.database import run_sql
from portal.pages.mailbox import mailbox_routes
from portal.plans.apply import apply_declaration
from portal.plans.declaration import read_declaration
from portal.settings import configure
from portal.sites.storefront import forget_sites
from portal.sites.tables import Site
from tests.conftest import serving
from tests.local_stripe import LocalStripe

DECLARED = (Path(portal.demo.__file__).parent / "demo.toml").read_text()
COUPON = {
    "id": "WELCOME20",
    "percent_off": "20",
    "duration": "repeating",
    "duration_in_months": "3",
}
CODE = {"promotion[type]": "coupon", "promotion[coupon]": "WELCOME20", "code": "FRIENDS"}


@dataclass(frozen=True, slots=True)
class Books:
    """How many of each there are, here and at Stripe."""

    customers: int
    stripe_customers: int
    stripe_subscriptions: int


ONE_OF_EACH = Books(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Shop:
    """A portal that sells what the demo sells."""

    url: str
    stripe: LocalStripe

    async def books(self) -> Books:
        """Count what there is."""
        return Books(
            (await run_sql("SELECT COUNT(*) AS n FROM customer"))[0]["n"],
            len(await self.stripe.objects("customer")),
            len(await self.stripe.objects("subscription")),
        )

    async def customer_at_stripe(self) -> dict[str, Any]:
        """Return the one customer that Stripe has."""
        (customer,) = await self.stripe.objects("customer")
        return customer

    async def subscription(self) -> Mapping[str, Any]:
        """Return our copy of the one subscription."""
        (row,) = await run_sql("SELECT * FROM subscription")
        return row

    async def change_site(self, key: str, **changed: Any) -> None:
        """Change a site, as `portal apply` would."""
        written: dict[Any, Any] = {
            name: json.dumps(value) if isinstance(value, dict | list) else value
            for name, value in changed.items()
        }
        await Site.update(written).where(Site.key == key)
        forget_sites()


@asynccontextmanager
async def open_shop(stripe: LocalStripe) -> AsyncIterator[Shop]:
    """Serve the portal with its worker, and put the demo's plans on sale at this Stripe."""
    async with serving(_portal) as url:
        shop = Shop(url, stripe)
        await apply_declaration(read_declaration(DECLARED))
        await shop.stripe.post("coupons", COUPON)
        await shop.stripe.post("promotion_codes", CODE)
        yield shop
        # Nobody is there any more to take the account's events.
        await stripe.control("POST", "/reset")


def _portal(address: str) -> Any:
    configure(base_url=address)
    return create_app(extra_routes=mailbox_routes)

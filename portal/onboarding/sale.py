"""A sign-up that was made before: find it, and hold it while it is mended."""

# ruff: noqa: S608
# What is put together into SQL here are constants of ours.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.billing.billed import Discount
from portal.customers.at_stripe import UPDATE_CUSTOMER
from portal.customers.details import CustomerDetails
from portal.customers.directory import lock_any_customer
from portal.customers.held_tax_ids import held_tax_ids
from portal.customers.params import tax_id_of
from portal.customers.profile import NOTHING_MORE, Profile
from portal.customers.tax_ids_at_stripe import SET_TAX_ID
from portal.database import is_sqlite, run_sql
from portal.onboarding.adopt import ADOPT_CUSTOMER
from portal.onboarding.steps import CREATE_CUSTOMER, CREATE_SUBSCRIPTION
from portal.operations.enqueue import lane_of_customer
from portal.plans.catalogue import Chosen
from portal.sites.storefront import Storefront


@dataclass(frozen=True, slots=True)
class Sale:
    """An onboarding under the lock of this transaction, and what is still open at Stripe for it.

    Its id is "" for a customer who never came in by one.
    """

    id: str
    customer: str
    price: str | None
    coupon: str
    stripe_id: str | None
    tax_id: Mapping[str, str] | None
    beside: tuple[Mapping[str, str], ...]
    """The tax ids that they have added since, which no sign-up form tells of."""
    undone: Mapping[str, Mapping[str, Any]]
    """By kind, the newest operation that waits, or was refused."""

    @property
    def marks(self) -> dict[str, str]:
        """Return the metadata by which Stripe's objects know ours."""
        return {"customer": self.customer, "onboarding": self.id}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form says now."""

    site: Storefront
    details: CustomerDetails
    chosen: Chosen | None
    coupon: Discount | None
    profile: Profile = NOTHING_MORE
    said: Mapping[str, Any] | None = None
    """What Stripe is told of a change, if that is not all of the details."""
    adopts: str = ""
    """The customer at Stripe (cus_…) to be taken over, if that is another than before."""
    payment: str = ""
    """What shall be paid by from now on, if that is told; it follows by itself."""

    @property
    def code(self) -> str:
        """Return the coupon's code, or nothing."""
        return self.coupon.code if self.coupon else ""


async def lock_sale(customer_id: str) -> Sale:
    """Read it all, holding it: the operations, the customer, the onboarding, in this order."""
    held = "" if is_sqlite() else " FOR UPDATE"
    undone = await run_sql(
        "SELECT id, kind, state, params FROM operation WHERE lane = {}"
        " AND kind IN ({}, {}, {}, {}, {}) AND state IN ('ready', 'refused')"
        f" ORDER BY id{held}",
        *(lane_of_customer(customer_id), CREATE_CUSTOMER, UPDATE_CUSTOMER, SET_TAX_ID),
        *(CREATE_SUBSCRIPTION, ADOPT_CUSTOMER),
    )
    customer = await lock_any_customer(customer_id)
    rows = await run_sql(f"{NEWEST}{held}", customer_id)
    found: Mapping[str, Any] = rows[0] if rows else {"id": "", "price": None, "coupon": ""}
    added = (await held_tax_ids(customer_id))[1:]
    return Sale(
        id=found["id"],
        customer=customer_id,
        price=found["price"],
        coupon=found["coupon"],
        stripe_id=customer.stripe_id,
        tax_id=tax_id_of(str(customer.tax_id), customer.tax_id_type),
        beside=tuple(one.written for one in added if one.written),
        undone={row["kind"]: row for row in undone},
    )


NEWEST = """SELECT id, price, coupon, state FROM onboarding WHERE customer = {}
 ORDER BY created_at DESC, id DESC LIMIT 1"""
"""A customer's last sign-up."""

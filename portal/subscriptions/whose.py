"""Whose an object at Stripe is: a customer's of ours, one's to be, or a stranger's."""

from __future__ import annotations

from enum import Enum
from typing import Any

from portal.billing.billed import BilledSubscription
from portal.billing.billed_customers import BilledCustomer
from portal.database import run_sql


class Found(Enum):
    """Whose the object is."""

    OURS = "ours"
    LATER = "later"
    """It says it is ours, but we do not know it yet."""
    AWAITED = "awaited"
    """We do not know it yet, and what made it is still under way."""
    FOREIGN = "foreign"


async def customer_of(
    company: str, stripe_id: str, billed: BilledCustomer | BilledSubscription | None
) -> str | None:
    """Find our customer by Stripe's, or by our copy of a subscription that Stripe has no longer."""
    rows: list[dict[str, Any]]
    if billed is None and stripe_id.startswith("sub_"):
        rows = await run_sql(
            "SELECT customer.id FROM customer JOIN subscription ON subscription.customer ="
            " customer.id WHERE customer.company = {} AND subscription.stripe_id = {}",
            *(company, stripe_id),
        )
    else:
        theirs = billed.customer_stripe_id if isinstance(billed, BilledSubscription) else stripe_id
        rows = await run_sql(
            "SELECT id FROM customer WHERE company = {} AND stripe_id = {}", company, theirs
        )
    return rows[0]["id"] if rows else None


async def whose(
    company: str, stripe_id: str, billed: BilledCustomer | BilledSubscription | None
) -> Found:
    """Tell of an object that no customer of ours has whether it will be one's."""
    if billed is None or billed.metadata.get("portal") != company:
        return Found.FOREIGN
    # However long we were down meanwhile: its answer, or a look-up, will make it ours.
    under_way = await run_sql(
        "SELECT id FROM operation WHERE op_id = {} AND company = {} AND state = 'ready'",
        *(billed.metadata.get("operation", ""), company),
    )
    # It may have become ours since we looked.
    if under_way or await customer_of(company, stripe_id, billed):
        return Found.AWAITED
    return Found.LATER

"""Bring our copies up to what Stripe has, by the sync that everybody uses."""

from __future__ import annotations

from dataclasses import dataclass

from portal.audit.record import record
from portal.billing.billed import BilledSubscription
from portal.billing.billed_customers import BilledCustomer
from portal.billing.stripe_lists import StripeLists
from portal.customers.tables import Customer
from portal.database import run_sql, transaction
from portal.reconciliation.adopt import ACTOR
from portal.reconciliation.compare import customer_difference, subscription_difference
from portal.reconciliation.report import Difference
from portal.subscriptions.sync import Look, look, write
from portal.subscriptions.tables import BillingProfile, Subscription


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Who sweeps: for which company, reading how, and whether anything is done."""

    company: str
    lists: StripeLists
    carries_out: bool

    async def look(self, stripe_id: str) -> Look:
        """Fetch an object, to be written if anything is."""
        return await self.lists.patiently(
            lambda: look(self.company, stripe_id, to_write=self.carries_out)
        )


async def settle_suspect(sweeper: Sweeper, stripe_id: str) -> Difference | None:
    """Look at one object anew, and bring our copy up to it by the sync that everybody uses."""
    seen = await sweeper.look(stripe_id)
    found = await _compare(seen)
    if found and sweeper.carries_out:
        await write(seen)
        async with transaction():
            await record(
                f"copy.{found.outcome.value}",
                company=sweeper.company,
                actor=ACTOR,
                object_id=stripe_id,
                fields=found.fields,
            )
    return found


async def _compare(seen: Look) -> Difference | None:
    if seen.stripe_id.startswith("sub_"):
        copies = await Subscription.select().where(Subscription.stripe_id == seen.stripe_id)
        copy = copies[0] if copies else None
        assert not isinstance(seen.billed, BilledCustomer)
        holder = seen.billed.customer_stripe_id if seen.billed else ""
        if copy is None and not await _is_ours(seen.company, holder):
            return None
        return subscription_difference(seen.stripe_id, copy, seen.billed)
    rows = await Customer.select().where(
        (Customer.company == seen.company) & (Customer.stripe_id == seen.stripe_id)
    )
    if not rows:
        return None
    profiles = await BillingProfile.select().where(BillingProfile.customer == rows[0]["id"])
    assert not isinstance(seen.billed, BilledSubscription)
    return customer_difference(
        seen.stripe_id, rows[0]["status"], profiles[0] if profiles else None, seen.billed
    )


async def _is_ours(company: str, customer_stripe_id: str) -> bool:
    rows = await run_sql(
        "SELECT id FROM customer WHERE company = {} AND stripe_id = {}",
        *(company, customer_stripe_id),
    )
    return bool(rows)

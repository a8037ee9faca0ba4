"""Go through what Stripe has and what we have, and note what does not seem to match."""

# ruff: noqa: S608
# What is put together into SQL here are constants of ours.

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from portal import clock
from portal.billing.billed import BilledSubscription
from portal.billing.billed_customers import ListedCustomer
from portal.billing.stripe_lists import StripeLists
from portal.database import run_sql
from portal.reconciliation.compare import OVER, customer_difference, subscription_difference
from portal.reconciliation.lease import Lease
from portal.subscriptions.tables import BillingProfile, Subscription

Rows = Mapping[str, Mapping[str, Any]]

_LATE = timedelta(hours=1)
_EXPIRED = timedelta(hours=24)
_MOST_LATE = 100


@dataclass(slots=True)
class Survey:
    """What to look at more closely.

    suspects: objects of ours whose copy does not seem to match (an ordered set of ids).
    strays: customers that say they are ours and that no row of ours claims.
    doubles: subscriptions of our customers that say they are of a sign-up that holds another.
    unclaimed: subscriptions of our customers whose sign-up holds none.
    """

    suspects: dict[str, None] = field(default_factory=dict)
    strays: list[ListedCustomer] = field(default_factory=list)
    doubles: list[BilledSubscription] = field(default_factory=list)
    unclaimed: list[BilledSubscription] = field(default_factory=list)

    def suspect(self, ids: Iterable[str]) -> None:
        """Have these looked at, once each."""
        self.suspects.update(dict.fromkeys(ids))


async def survey(
    company: str, lists: StripeLists, lease: Lease | None, since: datetime | None
) -> Survey:
    """Compare what Stripe made since then, or has at all, with our rows; nothing is changed.

    Without `since`, what we have and Stripe did not tell of is suspect too.
    """
    found, seen = Survey(), set[str]()
    async for customers in lists.customers(since):
        await _compare_customers(company, customers, found)
        seen.update(one.billed.stripe_id for one in customers)
        if lease:
            await lease.renew()
    async for subscriptions in lists.subscriptions(since):
        await _compare_subscriptions(company, subscriptions, found)
        seen.update(one.stripe_id for one in subscriptions)
        if lease:
            await lease.renew()
    if since is None:
        found.suspect(each for each in await _held(company) if each not in seen)
    else:
        found.suspect(await _late(company))
    return found


async def _compare_customers(company: str, page: Sequence[ListedCustomer], found: Survey) -> None:
    ours = await _by_stripe_id(company, [one.billed.stripe_id for one in page])
    copies = {
        row["customer"]: row
        for row in await BillingProfile.select().where(
            BillingProfile.customer.is_in([row["id"] for row in ours.values()] or [""])
        )
    }
    for one in page:
        row = ours.get(one.billed.stripe_id)
        if row is None:
            if one.billed.metadata.get("portal") == company:
                found.strays.append(one)
        elif customer_difference(
            one.billed.stripe_id, row["status"], copies.get(row["id"]), one.billed
        ):
            found.suspect([one.billed.stripe_id])


async def _compare_subscriptions(
    company: str, page: Sequence[BilledSubscription], found: Survey
) -> None:
    ours = await _by_stripe_id(company, [one.customer_stripe_id for one in page])
    mine = [one for one in page if one.customer_stripe_id in ours]
    ids = [one.stripe_id for one in mine]
    copies = {
        row["stripe_id"]: row
        for row in await Subscription.select().where(Subscription.stripe_id.is_in(ids or [""]))
    }
    signups = await _signups([one.metadata.get("onboarding", "") for one in mine])
    for one in mine:
        # A list cannot tell all of a discount, so this suspects some that match.
        if subscription_difference(one.stripe_id, copies.get(one.stripe_id), one):
            found.suspect([one.stripe_id])
        signup = signups.get(one.metadata.get("onboarding", ""))
        if signup is None or signup["subscription_stripe_id"] == one.stripe_id:
            continue
        if one.status in OVER or one.metadata.get("portal") != company:
            continue
        held = signup["subscription_stripe_id"] is not None
        (found.doubles if held else found.unclaimed).append(one)


async def _by_stripe_id(company: str, ids: Sequence[str]) -> Rows:
    rows = await run_sql(
        "SELECT id, stripe_id, status FROM customer WHERE company = {}"
        f" AND stripe_id IN ({_places(ids)})",
        *(company, *ids),
    )
    return {row["stripe_id"]: row for row in rows}


async def _signups(ids: Sequence[str]) -> Rows:
    rows = await run_sql(
        f"SELECT id, subscription_stripe_id FROM onboarding WHERE id IN ({_places(ids)})", *ids
    )
    return {row["id"]: row for row in rows}


async def _held(company: str) -> list[str]:
    """Return every object that we believe to live."""
    customers = await run_sql(
        "SELECT stripe_id FROM customer WHERE company = {} AND stripe_id IS NOT NULL"
        " AND status NOT IN ('detached', 'deleted', 'erased') ORDER BY id",
        company,
    )
    subscriptions = await run_sql(
        "SELECT subscription.stripe_id FROM subscription JOIN customer"
        " ON customer.id = subscription.customer WHERE customer.company = {}"
        " AND subscription.status NOT IN ('canceled', 'incomplete_expired')"
        " ORDER BY subscription.stripe_id",
        company,
    )
    return [row["stripe_id"] for row in (*customers, *subscriptions)]


async def _late(company: str) -> list[str]:
    """Return subscriptions whose period is over, as our copy has it: it must be behind."""
    now = clock.now()
    rows = await run_sql(
        "SELECT subscription.stripe_id FROM subscription JOIN customer"
        " ON customer.id = subscription.customer WHERE customer.company = {} AND"
        " ((subscription.status IN ('trialing', 'active', 'past_due')"
        " AND subscription.period_ends_at < {})"
        " OR (subscription.status = 'incomplete' AND subscription.started_at < {}))"
        " ORDER BY subscription.fetched_at LIMIT {}",
        *(company, now - _LATE, now - _EXPIRED, _MOST_LATE),
    )
    return [row["stripe_id"] for row in rows]


def _places(ids: Sequence[str]) -> str:
    return ", ".join("{}" for _ in ids) or "''"

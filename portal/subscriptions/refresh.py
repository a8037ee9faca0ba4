"""Fetch all that we show of one customer."""

from __future__ import annotations

import asyncio

from portal.billing.gateway import REQUEST_S
from portal.database import run_sql
from portal.subscriptions.sync import sync_object
from portal.subscriptions.usage import count_use, metered_in, stale

_SELECT = """SELECT customer.company, customer.stripe_id, subscription.stripe_id AS held,
 subscription.status, subscription.items, subscription.period_starts_at,
 subscription.period_ends_at
 FROM customer LEFT JOIN subscription ON subscription.customer = customer.id
 WHERE customer.id = {}"""


async def refresh(customer_id: str) -> None:
    """Bring our copies of a customer's payment method, subscriptions and use up to date.

    Raises:
        EffectError: Stripe did not tell; our copies stay as they were.
    """
    rows = await run_sql(_SELECT, customer_id)
    known = {row[name] for row in rows for name in ("stripe_id", "held") if row[name]}
    company, who = rows[0]["company"], rows[0]["stripe_id"]
    counted = await stale([each for row in rows if row["held"] for each in metered_in(row)])
    done = await asyncio.gather(
        *(sync_object(company, stripe_id, within_s=REQUEST_S) for stripe_id in known),
        *(count_use(company, who, each) for each in counted),
        return_exceptions=True,
    )
    for outcome in done:
        if isinstance(outcome, BaseException):
            raise outcome

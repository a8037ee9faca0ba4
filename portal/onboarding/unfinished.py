"""Tell sellers' programs, once, of sign-ups that nobody has finished within a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal import clock
from portal.customers.erased import is_erased
from portal.database import run_sql, transaction
from portal.deliveries.announce import announce
from portal.deliveries.event_types import moment
from portal.deliveries.listeners import is_wanted_by_any
from portal.deliveries.quiet import read_quiet
from portal.operations.one_by_one import one_by_one
from portal.operations.wake import wake

ABANDONED = "signup.abandoned"
LEFT_FOR = timedelta(days=1)
# What is older was left before anybody asked to be told.
_NO_NEWS = timedelta(days=3)
_BATCH = 200

# Stripe gives up a first payment after 23 hours. Who came back meanwhile has a plan that lives.
_UNFINISHED = """
SELECT onboarding.id, onboarding.customer, onboarding.site, onboarding.state, onboarding.quiet,
 onboarding.created_at, customer.company, plan.key AS plan
FROM onboarding JOIN customer ON customer.id = onboarding.customer
LEFT JOIN plan ON plan.id = onboarding.plan
LEFT JOIN subscription ON subscription.stripe_id = onboarding.subscription_stripe_id
WHERE onboarding.created_at > {} AND onboarding.created_at <= {}
 AND onboarding.abandoned_at IS NULL AND customer.status = 'active'
 AND (onboarding.state <> 'ready'
  OR subscription.status IN ('incomplete', 'incomplete_expired'))
 AND NOT EXISTS (SELECT 1 FROM subscription AS living WHERE living.customer = customer.id
  AND living.status IN ('trialing', 'active', 'past_due'))
ORDER BY onboarding.id LIMIT {}"""
_MARK = """UPDATE onboarding SET abandoned_at = {} WHERE id = {} AND abandoned_at IS NULL
 RETURNING id"""


async def tell_of_unfinished() -> None:
    """Announce every sign-up that was left, where anybody wants to know. Safe to repeat."""
    if not await is_wanted_by_any(ABANDONED):
        return
    now = clock.now()
    rows = await run_sql(_UNFINISHED, now - _NO_NEWS, now - LEFT_FOR, _BATCH)
    await one_by_one("signup.abandoned", rows, _tell, name=lambda row: str(row["id"]))
    if rows:
        wake()


async def _tell(row: Mapping[str, Any]) -> None:
    async def data() -> Mapping[str, Any]:
        return {
            "object": "onboarding",
            "id": row["id"],
            "customer": row["customer"],
            "state": row["state"],
            "plan": row["plan"],
            "created_at": moment(clock.stored_moment(row["created_at"])),
        }

    async with transaction():
        # Their own row first, as with whoever changes both.
        if not await is_erased(row["customer"]) and await run_sql(_MARK, clock.now(), row["id"]):
            await announce(
                ABANDONED,
                company=row["company"],
                site=row["site"],
                customer=row["customer"],
                data=data,
                quiet=read_quiet(row["quiet"]),
            )

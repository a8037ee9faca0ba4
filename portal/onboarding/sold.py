"""What there is already of what somebody who is known would be sold.

Docs: docs/decisions/0030-once-more.md
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from portal import clock
from portal.database import run_sql
from portal.onboarding.steps import CREATE_SUBSCRIPTION
from portal.operations.enqueue import lane_of_customer
from portal.plans.catalogue import Chosen
from portal.subscriptions.held import held_by

Sold = Literal["sold", "coming", "this", "another", "ended", "unpaid"]
"""Sold by this call; this plan is on its way, or theirs; another is; or it was, and is over.

Or it was sold within a week, and its first payment never made.
"""

_WAITING = """SELECT operation.id, operation.state, operation.subject, plan.key,
 onboarding.state AS came_to FROM operation
 LEFT JOIN onboarding ON onboarding.id = operation.subject
 LEFT JOIN plan ON plan.id = onboarding.plan
 WHERE operation.lane = {} AND operation.kind = {} AND operation.state IN ('ready', 'refused')
 ORDER BY operation.id DESC LIMIT 1"""

# For good: nothing was ever paid on it. Whoever ended it before that had it, and left.
_MISSED = """(subscription.status = 'incomplete_expired' AND NOT EXISTS
 (SELECT 1 FROM plan_change AS asked
  WHERE asked.subscription = subscription.stripe_id AND asked.state = 'done'))"""
# Begun with it, sold as it, or changed to it and away from it since: a customer had it each time.
_HELD = """SELECT 1 AS held FROM onboarding
 LEFT JOIN subscription ON subscription.stripe_id = onboarding.subscription_stripe_id
 WHERE onboarding.customer = {} AND onboarding.plan = {}
 AND onboarding.subscription_stripe_id IS NOT NULL
 AND (subscription.status IS NULL OR NOT MISSED)
UNION ALL SELECT 1 FROM subscription JOIN price ON price.stripe_id = subscription.price_stripe_id
 WHERE subscription.customer = {} AND price.plan = {} AND NOT MISSED
UNION ALL SELECT 1 FROM plan_change JOIN price ON price.id = plan_change.price
 WHERE plan_change.customer = {} AND price.plan = {} AND plan_change.state = 'done' LIMIT 1
""".replace("MISSED", _MISSED)
_HELD_ANY = """SELECT 1 AS held FROM subscription
 WHERE customer = {} AND NOT MISSED LIMIT 1""".replace("MISSED", _MISSED)
_UNPAID = """SELECT 1 AS unpaid FROM subscription
 LEFT JOIN price ON price.stripe_id = subscription.price_stripe_id
 LEFT JOIN onboarding ON onboarding.subscription_stripe_id = subscription.stripe_id
 WHERE subscription.customer = {} AND subscription.status = 'incomplete_expired'
 AND subscription.started_at > {} AND {} IN (price.plan, onboarding.plan, '') LIMIT 1"""
_ONCE_IN = timedelta(days=7)
"""How often what nobody pays for is sold: a call may come every night."""


async def waiting_for(customer_id: str) -> Mapping[str, Any] | None:
    """Return the sale that waits for Stripe, or was refused."""
    rows = await run_sql(_WAITING, lane_of_customer(customer_id), CREATE_SUBSCRIPTION)
    return rows[0] if rows else None


async def standing_of(
    customer_id: str, chosen: Chosen, waiting: Mapping[str, Any] | None, only_first: bool
) -> Sold | None:
    """Tell what there is already, having looked at what waits: that may be held by now."""
    if waiting and waiting["state"] == "ready":
        return "coming" if waiting["key"] == chosen.offer.key else "another"
    hold = await held_by(customer_id)
    if hold and not hold.is_over:
        return "this" if hold.plan_key == chosen.offer.key else "another"
    had = (customer_id, chosen.offer.id)
    if only_first and await run_sql(_HELD_ANY, customer_id):
        return "ended"
    if await run_sql(_HELD, *had, *had, *had):
        return "ended"
    of = "" if only_first else chosen.offer.id
    lately = clock.now() - _ONCE_IN
    return "unpaid" if await run_sql(_UNPAID, customer_id, lately, of) else None

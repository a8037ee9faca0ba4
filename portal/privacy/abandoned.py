"""Sign-ups that nobody has shown to be theirs: which of them are removed after a month.

Decided in docs/decisions/0024-unverified-sign-ups.md.
"""

# ruff: noqa: S608
# What is put together into SQL here are constants of ours.

from __future__ import annotations

from datetime import timedelta

from portal import clock
from portal.database import run_sql

KEPT = timedelta(days=30)
WORKER = "worker"
"""Who asked for an erasure that came of time alone."""
CHECK_ABANDONED = "check_abandoned"
LANE = "stripe:abandoned:"
"""A lane of its own: what Stripe refused of the sign-up holds that of the customer."""

# Who came otherwise (adopted from Stripe, made by a program) has no such entry. What Stripe still
# owes is waited for, but not what stands behind something that it refused: somebody had a month to
# mend that.
_MAY_BE_REMOVED = """customer.email IS NOT NULL AND customer.email_verified_at IS NULL
 AND customer.status <> 'erased' AND customer.created_at < {}
 AND EXISTS (SELECT 1 FROM audit_entry WHERE audit_entry.object_id = customer.id
  AND audit_entry.action = 'customer.signed_up' AND audit_entry.actor = 'customer')
 AND NOT EXISTS (SELECT 1 FROM onboarding WHERE onboarding.customer = customer.id
  AND onboarding.created_at >= {})
 AND NOT EXISTS (SELECT 1 FROM subscription WHERE subscription.customer = customer.id
  AND (subscription.status NOT IN ('canceled', 'incomplete_expired')
   OR COALESCE(subscription.ended_at, subscription.started_at) >= {}
   OR (subscription.invoice_status = 'paid' AND subscription.amount_due > 0)))
 AND NOT EXISTS (SELECT 1 FROM own_plan WHERE own_plan.customer = customer.id)
 AND NOT EXISTS (SELECT 1 FROM operation AS owed WHERE owed.lane = 'stripe:' || customer.id
  AND owed.state = 'ready' AND NOT EXISTS (SELECT 1 FROM operation AS refused
   WHERE refused.lane = owed.lane AND refused.id < owed.id AND refused.state = 'refused'))"""
_UNASKED = f"""NOT EXISTS (SELECT 1 FROM erasure WHERE erasure.customer = customer.id
  AND erasure.taken_back_at IS NULL)
 AND NOT EXISTS (SELECT 1 FROM operation WHERE operation.lane = '{LANE}' || customer.id)"""
_CANDIDATES = f"""SELECT customer.id, customer.company FROM customer
 WHERE {_MAY_BE_REMOVED} AND {_UNASKED} ORDER BY customer.id LIMIT {{}}"""
_ONE = f"SELECT customer.id FROM customer WHERE {_MAY_BE_REMOVED} AND customer.id = {{}}"


async def may_be_removed(customer: str) -> bool:
    """Tell whether a sign-up was left so long ago, by what we know: ask it holding the customer."""
    old = clock.now() - KEPT
    return bool(await run_sql(_ONE, old, old, old, customer))


async def abandoned(limit: int) -> list[tuple[str, str]]:
    """Return so many of those left, each with its company; not who was looked at this month."""
    old = clock.now() - KEPT
    rows = await run_sql(_CANDIDATES, old, old, old, limit)
    return [(row["id"], row["company"]) for row in rows]

"""Who was to be gone by now, here or at Stripe, and is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from portal import clock
from portal.database import run_sql
from portal.doctor.finding import Finding, failed, lasting, ok, warning
from portal.doctor.stripe import Seller

# Stripe may be down for a while, and a worker begins within a minute.
_WITHIN, _AT_LATEST = timedelta(hours=2), timedelta(days=1)
_ERASURES = """
SELECT COUNT(*) AS n, MIN(due_at) AS oldest FROM erasure
WHERE company = {} AND due_at < {} AND taken_back_at IS NULL AND erased_at IS NULL"""
_DELETIONS = """
SELECT COUNT(*) AS n, MIN(customer.deleted_at) AS oldest FROM customer
LEFT JOIN billing_profile AS profile ON profile.customer = customer.id
WHERE customer.company = {} AND customer.deleted_at < {} AND customer.status = 'deleted'
 AND customer.stripe_id IS NOT NULL AND (profile.deleted IS NULL OR NOT profile.deleted)"""


async def look_at_ends(seller: Seller) -> AsyncIterator[Finding]:
    """Tell whether an erasure or a deletion is overdue: a plan may run on at Stripe."""
    yield await _overdue(seller, "erasures", "erased", _ERASURES, "erasure.failed and erasure")
    yield await _overdue(seller, "deletions", "deleted at Stripe", _DELETIONS, "deletion")


async def _overdue(seller: Seller, check: str, what: str, sql: str, told: str) -> Finding:
    (row,) = await run_sql(sql, seller.id, clock.now() - _WITHIN)
    if not row["n"]:
        return ok(check, f"Whoever was to be {what} is.", seller.key)
    age = clock.now() - (clock.stored_time(row["oldest"]) or clock.now())
    said = (
        f"{row['n']} people should be {what} by now, one for {lasting(age)}: {told}.refused "
        "in our log say why. Each is tried again every hour."
    )
    return (failed if age > _AT_LATEST else warning)(check, said, seller.key)

"""Tell whom of Stripe's customers a sign-up had made, and nobody uses, before one is deleted.

Our marks alone prove nothing: an adoption writes them on a customer whom the seller had before.

Docs: docs/decisions/0036-whom-we-delete-at-stripe.md
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from portal import clock
from portal.billing.stripe_lists import StripeLists
from portal.database import run_sql
from portal.onboarding.steps import CREATE_CUSTOMER

SKEW = timedelta(days=1)
"""How far Stripe's clock may be behind ours."""
_MADE = """SELECT customer.created_at FROM operation
 JOIN customer ON customer.id = operation.customer
 WHERE operation.op_id = {} AND operation.kind = {} AND operation.company = {}
 AND customer.id = {}"""


async def is_unused_and_made(
    lists: StripeLists, company: str, stripe_id: str, customer: str
) -> bool:
    """Tell whether a customer (cus_…) was made for a sign-up of ours, and nobody pays by it.

    Also what cannot be proved any more, since the operation is forgotten, says no.
    """
    theirs = await lists.person(stripe_id)
    if theirs is None or theirs.has_means:
        return False
    since = await _made_since(company, theirs.metadata, customer)
    if since is None or theirs.created_at < since or await lists.has_payment_method(stripe_id):
        return False
    async for page in lists.subscriptions(customer=stripe_id):
        if any(sold.metadata.get("portal") != company for sold in page):
            return False
    return not await lists.has_paid(customer=stripe_id)


async def was_made(company: str, marks: Mapping[str, str], customer: str) -> bool:
    """Tell whether what bears these marks was made by the sign-up of a customer of ours."""
    return await _made_since(company, marks, customer) is not None


async def _made_since(company: str, marks: Mapping[str, str], customer: str) -> datetime | None:
    """Return since when Stripe can have had it; None: no creation of this customer's made it."""
    if marks.get("portal") != company or marks.get("customer") != customer:
        return None
    made_by = marks.get("operation", "")
    rows = await run_sql(_MADE, made_by, CREATE_CUSTOMER, company, customer)
    return clock.stored_moment(rows[0]["created_at"]) - SKEW if rows else None

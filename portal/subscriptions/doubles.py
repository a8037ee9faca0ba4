"""Tell what nobody was shown as theirs, so that nothing on file pays it: doubles, above all.

Stripe can make a subscription by itself long after it answered with an error, when another was
made in its place. Docs: docs/decisions/0030-once-more.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from portal.billing.billed import BilledSubscription
from portal.billing.billed_customers import BilledCustomer
from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.operations.enqueue import enqueue
from portal.subscriptions.hold import OVER

REMOVE_SURPLUS = "remove_surplus"
LEAVES_DUE = "leaves_due"
"""In a sale's parameters: what is on file is not charged for it. Stripe is not told of this."""

_HELD = """
SELECT 1 AS held FROM onboarding WHERE customer = {} AND subscription_stripe_id = {}"""
_SALE = """
SELECT onboarding.subscription_stripe_id AS held, operation.generation, operation.params
FROM onboarding JOIN customer ON customer.id = onboarding.customer
 JOIN operation ON operation.op_id = {} AND operation.subject = onboarding.id
WHERE onboarding.id = {} AND customer.company = {} AND customer.stripe_id = {}"""


async def is_removed(
    company: str, customer_id: str, billed: BilledSubscription | BilledCustomer | None
) -> bool:
    """Have a double removed, in the transaction that writes its copy; False: it is none."""
    if not isinstance(billed, BilledSubscription) or billed.status in OVER:
        return False
    if not await is_double(company, billed):
        return False
    onboarding = billed.metadata["onboarding"]
    await owe_removal(company, billed.stripe_id, customer=customer_id, onboarding=onboarding)
    return True


async def is_double(company: str, billed: BilledSubscription) -> bool:
    """Tell whether a sale of ours, tried under several keys, came to another subscription."""
    sale = await _sale(company, billed)
    return bool(sale) and _is_double(sale, billed)


async def is_left(company: str, customer_id: str | None, stripe_id: str) -> bool:
    """Tell whether nothing on file pays a subscription, as things stand at Stripe.

    So it is with a double, and with what a sale made after all that leaves due and was given up.
    Ask it behind the sale, in its lane.
    """
    if await run_sql(_HELD, customer_id, stripe_id):
        return False
    gateway = await gateway_of(company)
    billed = await gateway.fetch_subscription(stripe_id)
    sale = await _sale(company, billed)
    if not sale:
        return False
    return _is_double(sale, billed) or (sale["held"] is None and _leaves_due(sale))


async def sold_left_due(company: str, billed: BilledSubscription) -> bool:
    """Tell whether the sale that made it, and was given up, charges nothing that is on file."""
    sale = await _sale(company, billed)
    return bool(sale) and _leaves_due(sale)


async def owe_removal(company: str, stripe_id: str, *, customer: str, onboarding: str = "") -> None:
    """Have a double removed by the worker; a second time for the same one changes nothing.

    Call it in a transaction.
    """
    await enqueue(
        REMOVE_SURPLUS,
        company=company,
        lane=f"stripe:{stripe_id}"[:60],
        params={"surplus": stripe_id, "customer": customer, "onboarding": onboarding},
        once=f"surplus:{stripe_id}"[:100],
    )


async def _sale(company: str, billed: BilledSubscription) -> Mapping[str, Any]:
    """Return what sold it, while that is known; nothing for what no sign-up of ours made."""
    marks = billed.metadata
    if marks.get("portal") != company or not marks.get("onboarding"):
        return {}
    named = (marks.get("operation", ""), marks["onboarding"])
    rows = await run_sql(_SALE, *named, company, billed.customer_stripe_id)
    return rows[0] if rows else {}


def _leaves_due(sale: Mapping[str, Any]) -> bool:
    return LEAVES_DUE in json.loads(sale["params"])


def _is_double(sale: Mapping[str, Any], billed: BilledSubscription) -> bool:
    # Under one key Stripe makes one: a second by the same marks is a copy that the seller made.
    return sale["held"] not in (None, billed.stripe_id) and sale["generation"] > 1

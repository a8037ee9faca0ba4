"""Give back what a payment intent holds of a customer's money, once their plan was paid."""

from __future__ import annotations

from datetime import timedelta

from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.operations.step import Claimed, Step

RELEASE_HOLD = "release_hold"
LANE = "stripe:hold:"
"""A lane of its own: nothing of the customer's waits for it."""
RELEASE_AFTER = timedelta(hours=1)
"""By then the first invoice was tried."""

_UNPAID = """SELECT 1 AS is_unpaid FROM subscription WHERE customer = {}
 AND status IN ('incomplete', 'past_due', 'unpaid')"""


async def _release(op: Claimed) -> str:
    """Let it go, unless something is still unpaid: then Stripe does in seven days by itself."""
    if not await run_sql(_UNPAID, op.customer):
        await (await gateway_of(op.company)).let_intent_go(op.params["intent"])
    return str(op.params["intent"])


async def _released(op: Claimed, intent: str) -> None:
    """Nothing of ours tells of it."""


release_hold = Step(call=_release, done=_released, only_looks=True)

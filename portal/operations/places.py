"""Share a worker's places at Stripe: what failed before is never in the way of what did not."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from portal.operations.claim import Lanes, claim, is_any_due
from portal.operations.step import Claimed

AT_ONCE_AT_STRIPE = 64
AGAIN_AT_STRIPE = 16
"""Of these, those that failed before, while others wait: many may never succeed.

While no others wait, as many are left free for those who may come.
"""


def free_at_stripe(there: Collection[Claimed]) -> int:
    """Return how many more may be under way at Stripe, beside those who are there."""
    return AT_ONCE_AT_STRIPE - len(there)


async def claim_at_stripe(
    room: int, token: str, there: Collection[Claimed], held: Sequence[str]
) -> list[Claimed]:
    """Lease what may begin at Stripe beside those who are there, of companies that are not held."""
    if room <= 0 or not await is_any_due(Lanes.STRIPE, but_not_of=held):
        return []
    again = max(0, AGAIN_AT_STRIPE - sum(op.has_failed for op in there))
    if await is_any_due(Lanes.STRIPE, but_not_of=held, only_fresh=True):
        return await claim(room, token, Lanes.STRIPE, but_not_of=held, again=again)
    room = min(room, max(again, free_at_stripe(there) - AGAIN_AT_STRIPE))
    return await claim(room, token, Lanes.STRIPE, but_not_of=held) if room > 0 else []

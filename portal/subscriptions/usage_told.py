"""What a customer used in the present period, as programs read it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from portal.errors import EffectError
from portal.subscriptions.finding import Holder
from portal.subscriptions.held import all_held_by
from portal.subscriptions.refresh import refresh
from portal.subscriptions.shown import decimal, written


async def usage_told(holder: Holder) -> list[dict[str, Any]]:
    """Return what Stripe's meters have of a customer, asked at most once a minute.

    While Stripe does not tell, it is what was known before, as of when.
    """
    with suppress(EffectError):
        await refresh(holder.customer)
    return [
        {
            "object": "usage_total",
            "subscription": hold.stripe_id,
            "item": item.stripe_id,
            "key": item.key or None,
            "meter": item.usage.event,
            "quantity": decimal(item.used.quantity) if item.used else None,
            "as_of": written(item.used.at) if item.used else None,
            "period_ends_at": written(hold.period_ends_at),
        }
        for hold in await all_held_by(holder.customer)
        for item in hold.items
        if item.usage and not hold.is_over
    ]

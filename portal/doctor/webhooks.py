"""Whether sellers' programs hear what they asked to be told."""

from __future__ import annotations

from datetime import timedelta

from portal import clock
from portal.database import run_sql
from portal.doctor.finding import Finding, lasting, ok, warning
from portal.doctor.stripe import Seller

_NAMED = 5
# What is over by then was a restart.
_WHILE = timedelta(hours=1)
_UNHEARD = """
SELECT id, state, why, failing_since FROM webhook_endpoint
WHERE company = {} AND ((state <> 'on' AND why <> 'turned_off') OR failing_since < {})
ORDER BY id"""


async def look_at_webhooks(seller: Seller) -> Finding:
    """Name the endpoints that take nothing, and those that were turned off for it."""
    now = clock.now()
    rows = await run_sql(_UNHEARD, seller.id, now - _WHILE)
    if not rows:
        return ok("webhooks out", "Every endpoint takes what it is told.", seller.key)
    said = []
    for row in rows[:_NAMED]:
        since = clock.stored_time(row["failing_since"])
        is_on = row["state"] == "on"
        said.append(
            f"{row['id']} has taken nothing for {lasting(now - since)}"
            if is_on and since
            else f"{row['id']} was turned off ({row['why']})"
        )
    more = ", …" if len(rows) > _NAMED else ""
    return warning(
        "webhooks out",
        f"{', '.join(said)}{more}: GET /v1/webhook_deliveries says what each answered. Turned on"
        " again, one is told what happens from then on.",
        seller.key,
    )

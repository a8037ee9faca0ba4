"""What a customer owes for a renewal, from our copies: asked on every page of the account."""

from __future__ import annotations

from dataclasses import dataclass

from portal.database import run_sql

_SELECT = """SELECT amount_due, currency FROM subscription
 WHERE customer = {} AND status IN ('past_due', 'unpaid') AND invoice_status = 'open'
 AND amount_due > 0 ORDER BY stripe_id DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Due:
    """An amount of minor units that was not paid in time."""

    amount: int
    currency: str


async def due_of(customer: str) -> Due | None:
    """Return what the payment page would ask for first; None if nothing is late."""
    rows = await run_sql(_SELECT, customer)
    return Due(rows[0]["amount_due"], rows[0]["currency"]) if rows else None

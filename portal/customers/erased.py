"""A customer who was erased: an empty row that stays, so that nothing brings them back."""

from __future__ import annotations

from portal.database import run_sql
from portal.operations.enqueue import enqueue, lane_of_customer

ERASE_CUSTOMER = "erase_customer"
ERASED = "erased"


async def is_erased(customer_id: str) -> bool:
    """Tell whether this customer was erased: ask it in the transaction that would write of them."""
    rows = await run_sql("SELECT status FROM customer WHERE id = {}", customer_id)
    return bool(rows) and rows[0]["status"] == ERASED


async def owe_erasure(customer_id: str, company: str, *, stray: str | None = None) -> None:
    """Owe Stripe's end of it, in a transaction: after all else that waits in the customer's lane.

    `stray` is another customer at Stripe (cus_…) that was made for the same one; it is owed once.
    """
    await enqueue(
        ERASE_CUSTOMER,
        company=company,
        lane=lane_of_customer(customer_id),
        params={"stray": stray},
        customer=customer_id,
        once=f"erase:{stray}"[:100] if stray else None,
    )

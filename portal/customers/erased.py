"""A customer who was erased or deleted: their row stays, so that nothing brings them back.

Whatever writes down something of a customer asks here first, in the transaction that writes it
(`lock_customer` does, too): an answer on its way, an event, a page that was open.
"""

from __future__ import annotations

from portal.database import is_sqlite, run_sql
from portal.errors import PortalError
from portal.operations.enqueue import enqueue, lane_of_customer

ERASE_CUSTOMER = "erase_customer"
DELETE_CUSTOMER = "delete_customer"
ERASED = "erased"
DELETED = "deleted"
"""By the seller's program: the row keeps what the seller may need, and nothing lives of it."""


class CustomerErased(PortalError):
    """There is nobody any more of whom something could be written."""

    status = 410
    code = "customer_erased"
    sentence = "This account was erased."


async def is_erased(customer_id: str) -> bool:
    """Tell whether this customer was erased: ask it in the transaction that would write of them.

    They are held until it ends, so that nobody erases them meanwhile.
    """
    held = "" if is_sqlite() else " FOR KEY SHARE"
    sql = f"SELECT status FROM customer WHERE id = {{}}{held}"  # noqa: S608 - a constant of ours
    rows = await run_sql(sql, customer_id)
    return bool(rows) and says_erased(rows[0]["status"])


async def refuse_erased(customer_id: str) -> None:
    """Let nothing be written of a customer who was erased: see `is_erased`.

    Raises:
        CustomerErased: they were.
    """
    if await is_erased(customer_id):
        raise CustomerErased


def says_erased(status: str) -> bool:
    """Tell whether this is the status of somebody erased, or deleted."""
    return status in (ERASED, DELETED)


async def owe_end(kind: str, customer_id: str, company: str, *, stray: str | None = None) -> None:
    """Owe Stripe's end of an erasure or deletion, in a transaction: last in the customer's lane.

    `stray` is another customer at Stripe (cus_…) that was made for the same one; it is owed once,
    and once more when nothing came of that.
    """
    await enqueue(
        kind,
        company=company,
        lane=lane_of_customer(customer_id),
        params={"stray": stray},
        customer=customer_id,
        once=f"{kind.removesuffix('_customer')}:{stray}"[:100] if stray else None,
    )

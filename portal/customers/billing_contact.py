"""Who bills are made out to, where that is somebody else than the customer."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from portal import clock
from portal.audit.record import record
from portal.customers.directory import lock_customer
from portal.customers.told import UPDATED, tell_of
from portal.database import run_sql, transaction


@dataclass(frozen=True, slots=True)
class BilledTo:
    """A name, an organisation and a phone number; "" is the customer's own."""

    first_name: str = ""
    last_name: str = ""
    organisation: str = ""
    phone: str = ""


THEMSELVES = BilledTo()


async def billed_to(customer_id: str) -> BilledTo:
    """Return who a customer's bills are made out to."""
    rows = await run_sql(
        "SELECT first_name, last_name, organisation, phone FROM billing_contact"
        " WHERE customer = {}",
        customer_id,
    )
    return BilledTo(**rows[0]) if rows else THEMSELVES


async def change_billed_to(
    customer_id: str, company: str, wanted: BilledTo, *, actor: str = "customer"
) -> bool:
    """Make bills out to them from now on; with THEMSELVES to the customer. Safe to repeat.

    Returns:
        Whether it is somebody else than before.
    """
    async with transaction():
        await lock_customer(customer_id)
        if not await put_billed_to(customer_id, wanted):
            return False
        await record(
            "customer.details_changed",
            company=company,
            actor=actor,
            object_id=customer_id,
            fields=("billing_contact",),
        )
        await tell_of(UPDATED, customer_id, company=company)
    return True


async def put_billed_to(customer_id: str, wanted: BilledTo) -> bool:
    """Change it, in a transaction that holds the customer; False: it is as it was."""
    if await billed_to(customer_id) == wanted:
        return False
    await run_sql("DELETE FROM billing_contact WHERE customer = {}", customer_id)
    await keep_billed_to(customer_id, wanted)
    return True


async def keep_billed_to(customer_id: str, wanted: BilledTo) -> None:
    """Write it down of somebody who had none, in a transaction that holds them."""
    if wanted != THEMSELVES:
        await run_sql(
            "INSERT INTO billing_contact (first_name, last_name, organisation, phone, customer,"
            " updated_at) VALUES ({}, {}, {}, {}, {}, {})",
            *(*asdict(wanted).values(), customer_id, clock.now()),
        )

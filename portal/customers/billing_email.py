"""Where invoices and receipts go: an address of its own, never one to sign in with."""

from __future__ import annotations

from portal import clock
from portal.audit.record import record
from portal.customers.at_stripe import UPDATE_CUSTOMER
from portal.customers.directory import lock_customer
from portal.customers.params import LONGEST_EMAIL
from portal.customers.told import UPDATED, tell_of
from portal.database import run_sql, transaction
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.operations.wake import wake


async def change_billing_email(
    customer_id: str, company: str, address: str, *, actor: str = "customer"
) -> bool:
    """Send bills there from now on; with "" to the address they sign in with. Safe to repeat.

    Returns:
        Whether it is another than before.
    """
    async with transaction():
        customer = await lock_customer(customer_id)
        wanted = "" if address == customer.email else address
        if wanted == customer.billing_email and customer.refused_field != "email":
            return False
        await run_sql(
            "UPDATE customer SET billing_email = {}, version = version + 1, updated_at = {}"
            " WHERE id = {}",
            *(wanted, clock.now(), customer_id),
        )
        await owe_email(customer_id, company, wanted or customer.email or "")
        await record(
            "customer.billing_email_changed",
            company=company,
            actor=actor,
            object_id=customer_id,
            fields=("billing_email",),
        )
        await tell_of(UPDATED, customer_id, company=company)
    wake()
    return True


async def owe_email(customer_id: str, company: str, address: str) -> None:
    """Owe Stripe the address that it writes to, in the transaction that changes it here."""
    await enqueue(
        UPDATE_CUSTOMER,
        company=company,
        lane=lane_of_customer(customer_id),
        params={"email": address[:LONGEST_EMAIL]},
        customer=customer_id,
    )

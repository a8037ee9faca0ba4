"""Tell sellers' programs of a customer: as our API shows them, but for what other rooms know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.customers.shown import ABOVE, customer_shown
from portal.customers.tables import Customer
from portal.database import run_sql
from portal.deliveries.announce import announce
from portal.deliveries.listeners import is_wanted_by
from portal.deliveries.quiet import LOUD, Quiet

CREATED, UPDATED = "customer.created", "customer.updated"
VERIFIED, DELETED = "customer.verified", "customer.deleted"


async def tell_of(
    event_type: str, customer: str, *, company: str, site: str | None = None, quiet: Quiet = LOUD
) -> None:
    """Announce what happened to a customer, in the transaction that did it, after it was written.

    Without their site it is looked up, where the company has an endpoint that wants to know.
    """
    if not await is_wanted_by(company, event_type):
        return
    if site is None:
        (row,) = await run_sql("SELECT site FROM customer WHERE id = {}", customer)
        site = str(row["site"])

    async def data() -> Mapping[str, Any]:
        found = await Customer.objects().where(Customer.id == customer).first()
        assert found is not None
        shown = await customer_shown(found)
        return {name: value for name, value in shown.items() if name not in ABOVE}

    await announce(
        event_type, company=company, site=site, customer=customer, data=data, quiet=quiet
    )


async def tell_of_end(customer: str, *, company: str, site: str, quiet: Quiet = LOUD) -> None:
    """Announce that a customer was deleted, or erased: an event that outlives their others."""

    async def data() -> Mapping[str, Any]:
        return {"id": customer, "object": "customer", "deleted": True}

    await announce(DELETED, company=company, site=site, customer=None, data=data, quiet=quiet)

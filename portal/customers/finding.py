"""Find the customers of a company: every statement here takes the company first."""

from __future__ import annotations

from portal.customers.tables import Customer
from portal.database import run_sql


async def find(
    company: str,
    *,
    id: str | None = None,
    external_id: str | None = None,
    stripe_id: str | None = None,
) -> Customer | None:
    """Return the company's customer of this id, ours, the seller's own or Stripe's."""
    for column, wanted in (("id", id), ("external_id", external_id), ("stripe_id", stripe_id)):
        if wanted is not None:
            rows = await run_sql(
                f"SELECT * FROM customer WHERE company = {{}} AND {column} = {{}}",  # noqa: S608
                *(company, wanted),
            )
            return Customer(**rows[0], _exists_in_db=True) if rows else None
    return None

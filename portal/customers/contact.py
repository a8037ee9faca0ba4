"""How we call somebody on their own pages, and whose customer they are."""

from __future__ import annotations

from dataclasses import dataclass

from portal.database import run_sql
from portal.sites.storefront import Storefront, site_of

_SELECT = "SELECT email, first_name, last_name, organisation, locale FROM customer WHERE id = {}"


@dataclass(frozen=True, slots=True)
class Contact:
    """A name (empty if none was given), an address, and the language they signed up in."""

    name: str
    email: str
    locale: str


async def contact_of(customer_id: str) -> Contact:
    """Return how to call a customer."""
    row = (await run_sql(_SELECT, customer_id))[0]
    name = f"{row['first_name']} {row['last_name']}".strip() or row["organisation"]
    return Contact(name, row["email"] or "", row["locale"])


async def home_of(customer_id: str) -> Storefront:
    """Return the site that a customer signed up at: its rules hold wherever they are signed in."""
    (row,) = await run_sql("SELECT site FROM customer WHERE id = {}", customer_id)
    return await site_of(row["site"])

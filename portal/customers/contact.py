"""How we call somebody on their own pages."""

from __future__ import annotations

from dataclasses import dataclass

from portal.database import run_sql

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

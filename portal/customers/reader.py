"""Whom a mail about somebody's account is for, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.amounts import written_date
from portal.customers.time_zone import in_zone
from portal.database import run_sql
from portal.sites.storefront import Storefront, site_of

_SELECT = """SELECT site, email, email_hard_bounced, first_name, email_verified_at, locale,
 time_zone FROM customer WHERE id = {}"""


@dataclass(frozen=True, slots=True)
class Reader:
    """An address, the site it came in at, and how its owner reads.

    The name is empty until they have shown that the address is theirs: no mail carries words of
    whoever typed it.
    """

    site: Storefront
    email: str
    name: str
    locale: str
    zone: str

    def date(self, when: datetime) -> str:
        """Write a day by their clocks, in their language."""
        return written_date(in_zone(when, self.zone), self.locale)


async def reader_of(customer: str | None) -> Reader | None:
    """Return who reads the mails to a customer; None when there is nobody to write to."""
    rows = await run_sql(_SELECT, customer) if customer else []
    if not rows or not rows[0]["email"] or rows[0]["email_hard_bounced"]:
        return None
    row = rows[0]
    name = row["first_name"] if row["email_verified_at"] else ""
    site = await site_of(row["site"])
    return Reader(site, row["email"], name, row["locale"], row["time_zone"])

"""Write down a customer who is new, or whose row was lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from portal import clock
from portal.customers.consents import form_answers, note_consents
from portal.customers.details import CustomerDetails
from portal.customers.directory import columns_of, find_known
from portal.customers.held_tax_ids import follow_form
from portal.customers.profile import NOTHING_MORE, Profile, with_search
from portal.customers.tables import Customer
from portal.database import run_sql
from portal.ids import new_id
from portal.sites.storefront import Storefront

_UNLESS_KNOWN = " ON CONFLICT DO NOTHING RETURNING id"
_NONE: Mapping[str, bool] = MappingProxyType({})


async def register(
    site: Storefront,
    details: CustomerDetails,
    *,
    source: str = "page",
    profile: Profile = NOTHING_MORE,
    consents: Mapping[str, bool] = _NONE,
) -> tuple[Customer, bool]:
    """Write down a new customer and their consents: the customer, and whether it is this new one.

    Safe to repeat: when the e-mail or the external id is known, that customer comes back and
    nothing is written. Call it in a transaction. `source` names the door, beside the consents, of
    which those that were told by kind come to what the form asks.
    """
    now = clock.now()
    row: dict[str, Any] = {
        "id": new_id("cust"),
        "company": site.company_id,
        "site": site.id,
        **with_search({}, columns_of(details) | profile.columns),
        "version": 1,
        "status": "active",
        "tax_id_refused": False,
        "created_at": now,
        "updated_at": now,
    }
    written = await run_sql(_insert("customer", row) + _UNLESS_KNOWN, *row.values())
    if not written:
        known = await find_known(site.company_id, row["email_key"], row.get("external_id"))
        if known is None:
            # Whoever stood in the way was deleted or erased since.
            return await register(site, details, source=source, profile=profile, consents=consents)
        return known, False
    answers = form_answers(details) | dict(consents)
    await note_consents(row["id"], answers, site.terms_version, source, now)
    if details.tax_id:
        await follow_form(row["id"], details.tax_id, details.tax_id_type)
    return Customer(**row, _exists_in_db=True), True


async def register_again(
    customer_id: str,
    site: Storefront,
    details: CustomerDetails,
    *,
    stripe_id: str,
    created_at: datetime,
    profile: Profile = NOTHING_MORE,
) -> bool:
    """Write down a customer whose row was lost, as Stripe has them; False if one is in the way.

    Their consents are not known any more, and their e-mail is not proved. Call it in a transaction.
    """
    row: dict[str, Any] = {
        "id": customer_id,
        "company": site.company_id,
        "site": site.id,
        **with_search({}, columns_of(details) | profile.columns),
        "stripe_id": stripe_id,
        "version": 1,
        "status": "active",
        "tax_id_refused": False,
        "created_at": created_at,
        "updated_at": clock.now(),
    }
    sql = _insert("customer", row) + " ON CONFLICT DO NOTHING RETURNING id"
    written = await run_sql(sql, *row.values())
    if written and details.tax_id:
        await follow_form(customer_id, details.tax_id, details.tax_id_type)
    return bool(written)


def _insert(table: str, row: Mapping[str, Any]) -> str:
    places = ", ".join("{}" for _ in row)
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"  # noqa: S608 - our own names

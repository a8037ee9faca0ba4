"""The customers of a company: find one, hold one, change what we know of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal import clock
from portal.customers.consents import note_change_of_mind
from portal.customers.details import CustomerDetails
from portal.customers.erased import CustomerErased, says_erased
from portal.customers.held_tax_ids import follow_form
from portal.customers.profile import with_search
from portal.customers.tables import Customer
from portal.database import is_sqlite, is_unique_violation, run_sql, savepoint
from portal.errors import PortalError


class EmailTaken(PortalError):
    """Another customer of the company has this e-mail address."""

    status = 409
    code = "email_taken"
    sentence = "Another customer has this e-mail address."


class ExternalIdTaken(PortalError):
    """Another customer of the company has this external id."""

    status = 409
    code = "external_id_taken"
    sentence = "Another customer has this external id."


async def find_by_email(company_id: str, email_key: str) -> Customer | None:
    """Return the company's customer with this e-mail key, if there is one."""
    rows = await run_sql(
        "SELECT * FROM customer WHERE company = {} AND email_key = {}", company_id, email_key
    )
    return Customer(**rows[0], _exists_in_db=True) if rows else None


async def find_by_external_id(company_id: str, external_id: str) -> Customer | None:
    """Return the company's customer with this id of the seller's, if there is one."""
    rows = await run_sql(
        "SELECT * FROM customer WHERE company = {} AND external_id = {}", company_id, external_id
    )
    return Customer(**rows[0], _exists_in_db=True) if rows else None


async def find_known(
    company_id: str, email_key: str | None, external_id: str | None
) -> Customer | None:
    """Return the company's customer with this e-mail key, else with this external id."""
    known = await find_by_email(company_id, email_key) if email_key else None
    if known is None and external_id:
        known = await find_by_external_id(company_id, external_id)
    return known


async def customer_of(customer_id: str) -> Customer:
    """Return a customer who is known to be there."""
    rows = await run_sql("SELECT * FROM customer WHERE id = {}", customer_id)
    return Customer(**rows[0], _exists_in_db=True)


async def lock_customer(customer_id: str) -> Customer:
    """Return a customer whom nobody else changes until this transaction ends.

    Raises:
        CustomerErased: nothing is written of them any more.
    """
    customer = await lock_any_customer(customer_id)
    if says_erased(str(customer.status)):
        raise CustomerErased
    return customer


async def lock_any_customer(customer_id: str) -> Customer:
    """Return a customer, erased or not, whom nobody else changes until this transaction ends."""
    held = "" if is_sqlite() else " FOR UPDATE"
    rows = await run_sql(f"SELECT * FROM customer WHERE id = {{}}{held}", customer_id)  # noqa: S608
    return Customer(**rows[0], _exists_in_db=True)


async def update_details(customer: Customer, details: CustomerDetails) -> Customer | None:
    """Bring a customer to these details and raise the version; None when they say nothing new.

    They say all there is in a form: whose first or last name is another has no other whole name.
    Call it in a transaction.

    Raises:
        EmailTaken: the e-mail is another customer's; nothing was changed.
    """
    was = (await lock_customer(customer.id)).to_dict()
    await note_change_of_mind(customer.id, details.email_marketing, clock.now())
    wanted = columns_of(details)
    if any(wanted[name] != was[name] for name in ("first_name", "last_name")):
        wanted["name"] = ""
    return await update_columns(customer.id, wanted)


async def update_columns(customer_id: str, wanted: Mapping[str, Any]) -> Customer | None:
    """Bring these columns of a customer to that and raise the version; None when that is not new.

    Call it in a transaction.

    Raises:
        EmailTaken, ExternalIdTaken: it is another customer's; nothing was changed.
    """
    was, now = (await lock_customer(customer_id)).to_dict(), clock.now()
    changed = {name: value for name, value in wanted.items() if was[name] != value}
    if not changed:
        return None
    changed = with_search(was, changed) | {"version": was["version"] + 1, "updated_at": now}
    if "email_key" in changed and "email_verified_at" not in changed:
        changed["email_verified_at"] = None
    if "tax_id" in changed or "tax_id_type" in changed:
        changed["tax_id_refused"] = False
    await _write(customer_id, changed)
    after = was | changed
    if "tax_id_refused" in changed:
        await follow_form(customer_id, after["tax_id"], after["tax_id_type"])
    return Customer(**after, _exists_in_db=True)


async def set_email(
    customer: Customer, email: str | None, email_key: str | None, *, unchecked: bool
) -> None:
    """Have a customer sign in by this address, which is shown to be theirs. In a transaction.

    Raises:
        EmailTaken: it is another customer's; nothing was changed.
    """
    now = clock.now()
    changed = {
        "email": email,
        "email_key": email_key,
        "email_verified_at": now,
        "email_unchecked": unchecked,
        "version": customer.version + 1,
        "updated_at": now,
    }
    await _write(str(customer.id), with_search(customer.to_dict(), changed))


def changed_fields(before: Customer, after: Customer) -> tuple[str, ...]:
    """Name what a change of details changed of what a person reads."""
    was, now = before.to_dict(), after.to_dict()
    return tuple(name for name in DETAILS if was[name] != now[name])


DETAILS = (
    *("email", "first_name", "last_name", "organisation", "phone", "tax_id"),
    *("line1", "line2", "line3", "city", "state", "postal_code", "country", "locale"),
)


def columns_of(details: CustomerDetails) -> dict[str, Any]:
    """Return the columns of a customer's row in which these details stand."""
    address = details.address
    return {
        "email": details.email or None,
        "email_key": details.email_key or None,
        "email_unchecked": details.email_unchecked,
        "first_name": details.first_name,
        "last_name": details.last_name,
        "organisation": details.organisation,
        "phone": details.phone,
        "phone_e164": details.phone_e164,
        "tax_id": details.tax_id,
        "tax_id_type": details.tax_id_type,
        "line1": address.line1,
        "line2": address.line2,
        "line3": address.line3,
        "city": address.city,
        "state": address.state,
        "postal_code": address.postal_code,
        "country": address.country,
        "locale": details.locale,
    }


async def _write(customer_id: str, changed: Mapping[str, Any]) -> None:
    columns = ", ".join(f"{name} = {{}}" for name in changed)
    statement = f"UPDATE customer SET {columns} WHERE id = {{}}"  # noqa: S608 - our own names
    try:
        async with savepoint():
            await run_sql(statement, *changed.values(), customer_id)
    except Exception as error:
        if is_unique_violation(error):
            # Both engines name what is taken.
            raise (ExternalIdTaken if "external_id" in str(error) else EmailTaken) from error
        raise

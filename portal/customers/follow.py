"""Follow what was changed of a customer at Stripe: in its billing portal, or by the seller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal import clock
from portal.audit.record import record
from portal.billing.billed_customers import BilledContact
from portal.customers.directory import customer_of
from portal.customers.erased import says_erased
from portal.customers.known import details_of
from portal.customers.params import NORTHERN_IRELAND, contact_params
from portal.customers.phone import InvalidPhone, read_phone
from portal.customers.profile import profile_of, with_search
from portal.customers.tables import Customer
from portal.customers.told import UPDATED, tell_of
from portal.database import run_sql
from portal.operations.enqueue import lane_of_customer

ACTOR = "stripe"
_LONGEST = {"line1": 150, "line2": 150, "city": 100, "state": 100, "postal_code": 20, "country": 2}
_UNDER_WAY = """SELECT id FROM operation WHERE lane = {} AND state IN ('ready', 'refused')
 AND kind IN ('create_customer', 'adopt_customer', 'update_customer') LIMIT 1"""


async def is_change_under_way(customer_id: str) -> bool:
    """Tell whether Stripe is still to be told of details of ours."""
    return bool(await run_sql(_UNDER_WAY, lane_of_customer(customer_id)))


async def follow_contact(customer_id: str, contact: BilledContact, email: str) -> None:
    """Bring a customer to what Stripe has of them, where that is not what we sent.

    The e-mail there is where bills go, and never becomes the one to sign in with. Call it in the
    transaction that holds the customer; of who was erased nothing is written.
    """
    customer = await customer_of(customer_id)
    if says_erased(str(customer.status)):
        return
    changed = _changes(customer, contact, email)
    if not changed:
        return
    named = tuple(changed)
    changed |= {"refused_field": "", "version": customer.version + 1, "updated_at": clock.now()}
    changed = with_search(customer.to_dict(), changed)
    columns = ", ".join(f"{name} = {{}}" for name in changed)
    await run_sql(
        f"UPDATE customer SET {columns} WHERE id = {{}}",  # noqa: S608 - our own names
        *(*changed.values(), customer_id),
    )
    await record(
        "customer.details_changed",
        company=str(customer.company),
        actor=ACTOR,
        object_id=customer_id,
        fields=named,
    )
    await tell_of(UPDATED, customer_id, company=str(customer.company), site=str(customer.site))


def _changes(customer: Customer, contact: BilledContact, email: str) -> dict[str, Any]:
    sent = contact_params(details_of(customer), profile_of(customer.to_dict()))
    changed: dict[str, Any] = {}
    if contact.business_name != sent["business_name"]:
        changed["organisation"] = contact.business_name[:250]
    if contact.name != sent["name"]:
        changed |= _name(customer, contact)
    if contact.address and contact.address != sent["address"]:
        changed |= _address(customer, contact.address)
    if contact.phone != sent["phone"]:
        country = changed.get("country", customer.country)
        changed |= {"phone": contact.phone[:50], "phone_e164": _e164(contact.phone, country)}
    if email and email != sent["email"]:
        changed["billing_email"] = "" if email == customer.email else email[:254]
    return changed


def _name(customer: Customer, contact: BilledContact) -> dict[str, str]:
    """Split a name where what we have of it tells where; else its last word is the last name."""
    name, first, last = contact.name, customer.first_name, customer.last_name
    if customer.name:
        return {"name": name[:256]}
    if name == contact.business_name or not (first or last):
        is_known = name == contact.business_name or not name
        known_as = "organisation" if customer.organisation else "first_name"
        return {} if is_known else {known_as: name[:150]}
    if first and name.startswith(f"{first} "):
        last = name.removeprefix(f"{first} ")
    elif last and name.endswith(f" {last}"):
        first = name.removesuffix(f" {last}")
    else:
        first, _, last = name.rpartition(" ")
        first, last = (first, last) if first else (last, "")
    return {"first_name": first[:150], "last_name": last[:150]}


def _address(customer: Customer, place: Mapping[str, str]) -> dict[str, str]:
    parts = {name: place.get(name, "")[:longest] for name, longest in _LONGEST.items()}
    if customer.country == NORTHERN_IRELAND and parts["country"] == "GB":
        parts["country"] = NORTHERN_IRELAND
    return parts | {"line3": ""}


def _e164(phone: str, country: str) -> str | None:
    try:
        return read_phone(phone, country).e164 if phone else None
    except InvalidPhone:
        return None

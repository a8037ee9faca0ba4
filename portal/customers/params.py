"""What we send to Stripe of who a customer is: plain functions of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from portal.customers.profile import KEEP, NOTHING_MORE, Profile

if TYPE_CHECKING:
    from portal.customers.address import Address
    from portal.customers.details import CustomerDetails

LONGEST_NAME = 256
LONGEST_BUSINESS_NAME = 150
LONGEST_PHONE = 20
LONGEST_EMAIL = 512
NORTHERN_IRELAND = "XI"
ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")


def changed_params(details: CustomerDetails, profile: Profile = NOTHING_MORE) -> dict[str, Any]:
    """Return the parameters that bring a customer at Stripe to these details: empty means none."""
    params = contact_params(details, profile)
    params["metadata"] = {"region": ""} | region_mark(details.address)
    if params["address"]:
        params["address"] = dict.fromkeys(ADDRESS, "") | params["address"]
    return {name: value for name, value in params.items() if value or name != "address"}


def tax_id_of(value: str, type: str | None) -> dict[str, str] | None:
    """Return the tax id as Stripe takes it; None where there is none, or no type for it."""
    return {"type": type, "value": value} if value and type else None


def forgotten_params(address: Address) -> dict[str, Any]:
    """Return the parameters by which Stripe forgets who somebody is: empty means none.

    Where they are stays as far as tax is worked out from it: Stripe refuses to lose that while
    a subscription is taxed by it.
    """
    params: dict[str, Any] = {"name": "", "business_name": "", "phone": ""}
    place = {
        name: text
        for name, text in address_params(address).items()
        if name in ("state", "postal_code", "country")
    }
    return params | ({"address": {"line1": "", "line2": "", "city": ""} | place} if place else {})


def contact_params(details: CustomerDetails, profile: Profile = NOTHING_MORE) -> dict[str, Any]:
    """Return how to reach somebody, within the lengths that Stripe takes."""
    phone = details.phone_e164 or ""
    whole = "" if profile.name is KEEP else profile.name
    name = whole or f"{details.first_name} {details.last_name}".strip() or details.organisation
    to = details.billing_email if profile.billing_email is KEEP else profile.billing_email
    locales = () if profile.locales is KEEP else profile.locales
    return {
        "email": (to or details.email)[:LONGEST_EMAIL],
        "name": name[:LONGEST_NAME],
        "business_name": details.organisation[:LONGEST_BUSINESS_NAME],
        "phone": phone if len(phone) <= LONGEST_PHONE else "",
        "address": address_params(details.address),
        "preferred_locales": list(filter(None, locales or (details.locale,))),
    }


def address_params(address: Address) -> dict[str, str]:
    """Write the address as Stripe does: two lines, and no country of its own for XI."""
    country = "GB" if address.country == NORTHERN_IRELAND else address.country
    lines = {
        "line1": address.line1,
        "line2": ", ".join(filter(None, (address.line2, address.line3))),
        "city": address.city,
        "state": address.state,
        "postal_code": address.postal_code,
        "country": country,
    }
    return {name: value for name, value in lines.items() if value}


def together(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """Put what Stripe is told at first and then into one: the later word counts, part by part."""
    parts = {
        name: together(said, then[name])
        for name, said in first.items()
        if isinstance(said, Mapping) and isinstance(then.get(name), Mapping)
    }
    return {**first, **then, **parts}


def region_mark(address: Address) -> dict[str, str]:
    """Return the metadata that tells Northern Ireland from the rest of GB."""
    return {"region": NORTHERN_IRELAND} if address.country == NORTHERN_IRELAND else {}

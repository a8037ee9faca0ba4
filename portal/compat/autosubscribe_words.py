"""The words of document 002: names made from codes, and times in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from portal.customers.countries import countries
from portal.customers.postal_code import normalize_postal_code
from portal.customers.territory import territory
from portal.errors import InvalidDetails, Problem
from portal.subscriptions.hold import Hold
from portal.subscriptions.stykite import document_id, reason_of, status_word

_LONGEST_CODE = 10
_ZIP_MISSING = Problem("postal_code_missing", "A zip code is required in the United States.")
EXAMPLE: Mapping[str, Any] = {
    "email": "onkar@example.com",
    "customer_identifier": "c56164ad-3d54-4eaa-ae3d-46fe3969972b",
    "first_name": "Onkar",
    "last_name": "Kore",
    "phone": 8149712450,
    "country_code": "IN",
    "state_code": "KA",
    "city": "Bangalore",
    "zipcode": 416013,
    "trial_days": 30,
    "plan_id": "studio",
}
"""What may be said of a new customer, nearly as the document has it."""


class Told(Protocol):
    """A new customer as the document says one."""

    email: str
    country_code: str
    first_name: str | None
    last_name: str | None
    phone: str | int | None
    state_code: str | None
    city: str | None
    zipcode: str | int | None


def given(said: Told) -> dict[str, str]:
    """Return what was said of a new customer by the names that the sign-up form has for it.

    Raises:
        InvalidDetails: an address of the United States has no zip code.
    """
    country = said.country_code.upper()
    postal_code = zip_code(said.zipcode, country)
    if country == "US" and not postal_code:
        raise InvalidDetails({"zipcode": _ZIP_MISSING})
    return {
        "email": said.email,
        "first_name": said.first_name or "",
        "last_name": said.last_name or "",
        "phone": str(said.phone or ""),
        "country": country,
        "state": said.state_code or "",
        "city": said.city or "",
        "postal_code": postal_code,
    }


def country_name(code: str) -> str | None:
    """Return a country's full name in English; None for none."""
    return dict(countries("en")).get(code)


def state_name(country: str, code: str) -> str | None:
    """Return the full name of a state by its code; what has no code is its name already."""
    named = {area.code: area.name for area in territory(country).areas}
    return named.get(code, code) or None


def zip_code(given: str | int | None, country: str) -> str:
    """Write a postal code as text: a number lost the zeros that it began with, anywhere.

    It gets as many back as make it one of the country's; where none do, it stays as it came.
    """
    if not isinstance(given, int):
        return given or ""
    place, bare = territory(country), str(given)
    padded = (bare.zfill(length) for length in range(len(bare), _LONGEST_CODE + 1))
    return next((one for one in padded if normalize_postal_code(one, place)), bare)


def milliseconds(moment: datetime | None) -> int | None:
    """Return a time as milliseconds since 1970."""
    return None if moment is None else int(moment.timestamp() * 1000)


def customer_value(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a customer as the document writes one, from their row."""
    return {
        "email": row["email"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "phone": row["phone"],
        "address": _address(row),
        "tsid": document_id(row["id"]),
        "customer_identifier": row["external_id"],
        "created_at": milliseconds(row["created_at"]),
        "updated_at": milliseconds(row["updated_at"]),
        "company_tsid": document_id(row["company"]),
        "country_tsid": document_id(row["site"]),
    }


def _address(row: Mapping[str, Any]) -> dict[str, Any]:
    has_code = any(area.code == row["state"] for area in territory(row["country"]).areas)
    return {
        "city": row["city"] or None,
        "country": country_name(row["country"]),
        "line1": row["line1"] or None,
        "line2": row["line2"] or None,
        "state": state_name(row["country"], row["state"]),
        "city_code": row["city"] or None,
        "country_code": row["country"] or None,
        "postal_code": row["postal_code"] or None,
        "state_code": row["state"] if has_code else None,
    }


def subscription_value(hold: Hold | None) -> dict[str, Any] | None:
    """Return a subscription in the document's words; None where there is none yet."""
    if hold is None:
        return None
    plan = hold.plan_item
    return {
        "subscription_tsid": hold.stripe_id,
        "status": status_word(hold.status, collection_paused=hold.collection_paused),
        "reason": reason_of(hold.status),
        "plan_id": hold.plan_key or None,
        "plan_name": hold.plan_name or None,
        "quantity": plan.quantity if plan else None,
        "interval": hold.interval,
        "currency": hold.currency,
        "amount": hold.amount,
        "trial_ends_at": milliseconds(hold.trial_ends_at),
        "period_ends_at": milliseconds(hold.period_ends_at),
        "ends_at": milliseconds(hold.ends_at) if hold.is_ending else None,
        "ended_at": milliseconds(hold.ended_at),
    }

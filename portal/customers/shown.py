"""A customer as programs are told of them: an answer of /v1, and what an event says."""

# ruff: noqa: S608
# What is put together into SQL here are names of our own tables, and places for ids.

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from portal.customers.consents import EMAIL_MARKETING, TELEMARKETING
from portal.customers.tables import Customer
from portal.database import run_sql

Shown = dict[str, Any]
Above = Mapping[str, Any]
"""What rooms above this one add: onboarding, subscription, balance, warnings."""

_PLACES = ("line1", "line2", "line3", "city", "state", "postal_code", "country")
_PLAIN = ("name", "display_name", "first_name", "last_name", "organisation", "title")
_TOO = ("salutation", "username", "phone", "phone_e164", "invoice_notes", "created_from_ip")
ABOVE: Above = {"onboarding": None, "subscription": None, "balance": 0, "warnings": []}


def written(moment: datetime | None) -> str | None:
    """Write a time as our API does: ISO 8601 in UTC, to the millisecond."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def customer_shown(customer: Customer, above: Above = ABOVE) -> Shown:
    """Return a customer as programs are told of them."""
    return (await customers_shown([customer], {str(customer.id): above}))[0]


async def customers_shown(
    customers: Sequence[Customer], above: Mapping[str, Above] | None = None
) -> list[Shown]:
    """Return customers as programs are told of them: so many statements for however many."""
    ids = [str(customer.id) for customer in customers]
    if not ids:
        return []
    tax_ids = await _of("customer_tax_id", ids)
    shipping = await _of("shipping_address", ids)
    billed = await _of("billing_contact", ids)
    consents = await _of("consent", ids, "customer, kind, given", ", at, id")
    avatars = await _of("avatar", ids, "customer, version")
    return [
        _shown(
            customer,
            tax_ids=tax_ids.get(one, []),
            shipping=next(iter(shipping.get(one, [])), None),
            billed=next(iter(billed.get(one, [])), None),
            consents={row["kind"]: bool(row["given"]) for row in consents.get(one, [])},
            avatar=next(iter(avatars.get(one, [])), None),
        )
        | {**ABOVE, **((above or {}).get(one) or {})}
        for one, customer in zip(ids, customers, strict=True)
    ]


def tombstone(customer: Customer) -> Shown:
    """Return what is left of a customer who was deleted or erased."""
    return {
        "id": str(customer.id),
        "object": "customer",
        "deleted": True,
        "deleted_at": written(customer.deleted_at or customer.updated_at),
    }


def _shown(
    customer: Customer,
    *,
    tax_ids: Sequence[Mapping[str, Any]],
    shipping: Mapping[str, Any] | None,
    billed: Mapping[str, Any] | None,
    consents: Mapping[str, bool],
    avatar: Mapping[str, Any] | None,
) -> Shown:
    row: dict[str, Any] = customer.to_dict()
    contact = ("first_name", "last_name", "organisation", "phone")
    return {
        "id": row["id"],
        "object": "customer",
        "external_id": row["external_id"],
        "site": row["site"],
        "email": row["email"],
        "email_verified": row["email_verified_at"] is not None,
        "email_hard_bounced": bool(row["email_hard_bounced"]),
        **{name: row[name] or None for name in (*_PLAIN, *_TOO)},
        "address": _place(row),
        "shipping": _shipping(shipping),
        "billing": {"email": row["billing_email"] or None}
        | {name: ((billed or {}).get(name) or None) for name in contact},
        "tax_ids": [_tax_id(held) for held in tax_ids],
        "tax_exempt": row["tax_exempt"],
        "language": row["locale"],
        "locales": json.loads(row["locales"]) or [row["locale"]],
        "time_zone": row["time_zone"] or None,
        "metadata": metadata_shown(json.loads(row["metadata"])),
        "consents": {kind: consents.get(kind, False) for kind in (EMAIL_MARKETING, TELEMARKETING)},
        "auto_collection": bool(row["auto_collection"]),
        "allow_direct_debit": bool(row["allow_direct_debit"]),
        "imported": bool(row["imported"]),
        "avatar": f"/v1/customers/{row['id']}/avatar?v={avatar['version']}" if avatar else None,
        "status": row["status"],
        "gateway_customer_id": row["stripe_id"],
        "created_at": written(row["created_at"]),
        "updated_at": written(row["updated_at"]),
    }


def metadata_shown(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return the seller's own values as text, those too that are more than text."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in metadata.items()
    }


def _place(row: Mapping[str, Any]) -> Shown | None:
    place = {name: row[name] or None for name in _PLACES}
    return place if any(place.values()) else None


def _shipping(row: Mapping[str, Any] | None) -> Shown | None:
    if row is None:
        return None
    return {"name": row["recipient"], "phone": row["phone"] or None, "address": _place(row)}


def _tax_id(row: Mapping[str, Any]) -> Shown:
    status = "refused" if row["refused"] else row["status"] or "pending"
    return {"id": row["id"], "type": row["type"], "value": row["value"], "status": status}


async def _of(
    table: str, ids: Sequence[str], columns: str = "*", order: str = ""
) -> dict[str, list[Mapping[str, Any]]]:
    """Return the rows that a table has of each of these customers."""
    places = ", ".join("{}" for _ in ids)
    key = "created_at, id" if table == "customer_tax_id" else "customer"
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in await run_sql(
        f"SELECT {columns} FROM {table} WHERE customer IN ({places}) ORDER BY {key}{order}", *ids
    ):
        found.setdefault(row["customer"], []).append(row)
    return found

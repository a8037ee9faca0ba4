"""How document 003 shows customers: what is not known of one is left out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from portal.compat.chargebee_places import WITH_STATES
from portal.customers.billing_contact import BilledTo
from portal.customers.profile import Profile
from portal.customers.territory import territory
from portal.onboarding.params import DAYS_TO_PAY
from portal.subscriptions.profiles import KeptProfile

Object = dict[str, Any]


class ChargebeeCustomer(BaseModel):
    """A customer, and their card if they have one."""

    customer: dict[str, Any]
    card: dict[str, Any] | None = None


class ChargebeeCustomers(BaseModel):
    """A page of customers, and where the next one goes on."""

    list: list[ChargebeeCustomer]
    next_offset: str | None = None


def customer_shown(
    row: Mapping[str, Any],
    profile: Profile,
    billed: BilledTo,
    kept: KeptProfile | None,
    at: datetime,
) -> Object:
    """Return a customer and their card, as they stand `at` this moment."""
    told = {
        "id": shown_id(row),
        **{name: row[name] for name in ("first_name", "last_name", "email", "phone")},
        "company": row["organisation"],
        "vat_number": row["tax_id"],
        "auto_collection": "on" if row["auto_collection"] else "off",
        "net_term_days": 0 if row["auto_collection"] else DAYS_TO_PAY,
        "allow_direct_debit": row["allow_direct_debit"],
        "created_at": _seconds(row["created_at"]),
        "created_from_ip": row["created_from_ip"],
        "taxability": "taxable" if row["tax_exempt"] == "none" else "exempt",
        "updated_at": _seconds(row["updated_at"]),
        "pii_cleared": "active",
        "resource_version": int(row["updated_at"].timestamp() * 1000),
        "deleted": False,
        "object": "customer",
        "billing_address": _billing_address(row, billed),
        "card_status": _card_status(kept, at),
        "contacts": [],
        "payment_method": _payment_method(kept, at),
        "invoice_notes": row["invoice_notes"],
        "promotional_credits": 0,
        "refundable_credits": 0,
        "excess_payments": 0,
        "unbilled_charges": 0,
        "account_credits": _credits(kept),
    }
    if metadata := profile.given["metadata"]:
        told["meta_data"] = dict(metadata)
    shown: Object = {"customer": _without_nothing(told)}
    if card := _card(row, kept, at):
        shown["card"] = card
    return shown


def deleted_shown(id: str) -> Object:
    """Return what is told of a customer who was deleted just now."""
    return {"customer": {"id": id, "deleted": True, "object": "customer"}}


def listed(found: Sequence[Object], next_offset: str | None) -> Object:
    """Return one page of customers; the offset of the next one if there is another."""
    page: Object = {"list": list(found)}
    return page | ({"next_offset": next_offset} if next_offset else {})


def shown_id(row: Mapping[str, Any]) -> str:
    """Return the id that a customer has at this door: the seller's own, else ours."""
    return str(row["external_id"] or row["id"])


def _billing_address(row: Mapping[str, Any], billed: BilledTo) -> Object | None:
    is_by_code = row["country"] in WITH_STATES
    names = {area.code: area.name for area in territory(row["country"]).areas} if is_by_code else {}
    told = {
        "first_name": billed.first_name,
        "last_name": billed.last_name,
        "email": row["billing_email"],
        "company": billed.organisation,
        "phone": billed.phone,
        **{name: row[name] for name in ("line1", "line2", "line3", "city")},
        "state_code": row["state"] if row["state"] in names else "",
        "state": names.get(row["state"], row["state"]),
        "country": row["country"],
        "zip": row["postal_code"],
    }
    known = _without_nothing(told)
    if not known:
        return None
    return known | {"validation_status": "not_validated", "object": "billing_address"}


def _payment_method(kept: KeptProfile | None, at: datetime) -> Object | None:
    if kept is None or not kept.payment_method:
        return None
    return {
        "object": "payment_method",
        "type": "card" if kept.card_brand else "generic",
        "gateway": "stripe",
        "gateway_account_id": "stripe",
        "status": _status(kept, at),
        "reference_id": kept.payment_method,
    }


def _card(row: Mapping[str, Any], kept: KeptProfile | None, at: datetime) -> Object | None:
    if kept is None or not kept.card_brand:
        return None
    return {
        "object": "card",
        "customer_id": shown_id(row),
        "payment_source_id": kept.payment_method,
        "gateway": "stripe",
        "gateway_account_id": "stripe",
        "status": _status(kept, at),
        "card_type": kept.card_brand.replace("amex", "american_express"),
        "last4": kept.card_last4,
        "masked_number": f"************{kept.card_last4}",
        "expiry_month": kept.card_exp_month,
        "expiry_year": kept.card_exp_year,
    }


def _card_status(kept: KeptProfile | None, at: datetime) -> str:
    return _status(kept, at) if kept and kept.card_brand else "no_card"


def _status(kept: KeptProfile, at: datetime) -> str:
    """Tell whether a card is valid, in its last month, or past it."""
    until, now = (kept.card_exp_year, kept.card_exp_month), (at.year, at.month)
    if not kept.card_brand or until > now:
        return "valid"
    return "expiring" if until == now else "expired"


def _credits(kept: KeptProfile | None) -> int:
    """Return what Stripe holds for them, in minor units; its balance is below zero then."""
    told = json.loads(kept.object) if kept and kept.object else {}
    return max(0, -int(told.get("balance") or 0))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _without_nothing(told: Mapping[str, Any]) -> Object:
    return {name: value for name, value in told.items() if value not in (None, "")}

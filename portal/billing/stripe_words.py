"""Stripe's objects, read into our words: what they have in common, and customers.

An object is what JSON makes of an answer, or the SDK's own of it: both are asked by ["name"].
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from portal.billing.billed_customers import BilledCard, BilledContact, BilledCustomer, BilledTaxId

EXPAND_CUSTOMER = ["invoice_settings.default_payment_method", "tax_ids"]
UNDONE = ("failed", "canceled")
"""How a refund stands that came to nothing."""
STUCK = (*UNDONE, "requires_action")
"""How one stands that does not reach its payer by itself."""


def customer_of(found: Any) -> BilledCustomer:
    """Read a customer, expanded by EXPAND_CUSTOMER."""
    if told(found, "deleted"):
        return BilledCustomer(found["id"], True, "", None, {}, False)
    settings = told(found, "invoice_settings")
    return BilledCustomer(
        stripe_id=found["id"],
        deleted=False,
        email=told(found, "email") or "",
        card=card_of(told(settings or {}, "default_payment_method")),
        metadata=metadata_of(found),
        livemode=found["livemode"],
        contact=BilledContact(
            name=told(found, "name") or "",
            business_name=told(found, "business_name") or "",
            phone=told(found, "phone") or "",
            address={part: text for part, text in plain(told(found, "address")).items() if text},
        ),
        tax_ids=_tax_ids(told(found, "tax_ids")),
        object=_object(plain(found)),
    )


def _object(found: Mapping[str, Any]) -> str:
    settings = dict(found.get("invoice_settings") or {})
    if method := settings.get("default_payment_method"):
        settings["default_payment_method"] = id_of(method)
    written = {**found, "invoice_settings": settings}
    return json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _tax_ids(listed: Any) -> tuple[BilledTaxId, ...] | None:
    """Turn Stripe's list round, which begins with the newest."""
    if not listed:
        return None
    return tuple(tax_id_of(one) for one in reversed(listed["data"]))


def tax_id_of(found: Any) -> BilledTaxId:
    """Read a tax id."""
    status = told(told(found, "verification") or {}, "status") or ""
    return BilledTaxId(found["id"], found["type"], found["value"], status)


def card_of(method: Any) -> BilledCard | None:
    """Read a payment method, expanded or as its id."""
    if not method:
        return None
    if isinstance(method, str):
        return BilledCard(method, kind="")
    card = told(method, "card")
    if card is None:
        return BilledCard(method["id"], kind=method["type"])
    named = card["brand"] or "", card["last4"] or ""
    return BilledCard(method["id"], "card", *named, card["exp_month"], card["exp_year"])


def metadata_of(found: Any) -> Mapping[str, str]:
    """Read what was noted on an object."""
    return plain(told(found, "metadata"))


def id_of(found: Any) -> str:
    """Return the id of an object that may or may not be expanded."""
    return found if isinstance(found, str) else str(found["id"])


def moment_of(seconds: int) -> datetime:
    """Read one of Stripe's times."""
    return datetime.fromtimestamp(seconds, UTC)


def time_of(seconds: int | None) -> datetime | None:
    """Read a time that need not be there."""
    return None if seconds is None else moment_of(seconds)


def plain(found: Any) -> Mapping[str, Any]:
    """Return an object whose names are not Stripe's own, so that they can be gone through."""
    if found is None:
        return {}
    return found if isinstance(found, Mapping) else found.to_dict()


def told(found: Any, name: str) -> Any:
    """Return what an object tells under a name; None where it does not have that name."""
    # An object of the SDK has no get().
    return found[name] if name in found else None  # noqa: SIM401

"""The words of document 002: ids with its prefixes, and how a subscription stands. Plain rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.subscriptions.hold import HeldItem, Hold

_OF = {"cust": "CUS", "comp": "COM", "site": "CON"}
_FORM = re.compile(r"[0-9A-Za-z_]{1,40}", re.ASCII)
_WORDS = {
    "active": "ACTIVE",
    "trialing": "TRIAL",
    "past_due": "ON_HOLD",
    "unpaid": "ON_HOLD",
    "incomplete": "ON_HOLD",
    "paused": "PAUSE",
    "canceled": "CANCELLED",
    "incomplete_expired": "CANCELLED",
}
_REASONS = {
    "past_due": "PAYMENT_FAILED",
    "unpaid": "PAYMENT_FAILED",
    "incomplete": "FIRST_PAYMENT_MISSING",
}


def document_id(ours: str) -> str:
    """Write an id of ours as the document does: cust_01k9… is CUS-01K9…."""
    prefix, _, rest = ours.partition("_")
    return f"{_OF[prefix]}-{rest.upper()}"


def own_id(prefix: str, written: str) -> str | None:
    """Read an id as the document writes it, or as we do; None for what is neither."""
    start, sign, rest = written[:4], written[4:5], written[4:]
    if start == f"{_OF[prefix]}-" and _FORM.fullmatch(rest):
        return f"{prefix}_{rest.lower()}"
    is_ours = (start, sign) == (prefix, "_") and _FORM.fullmatch(rest[1:])
    return written if is_ours else None


def status_word(status: str, *, collection_paused: bool) -> str:
    """Return the document's word for how a subscription stands."""
    word = _WORDS.get(status, "ON_HOLD")
    return "PAUSE" if collection_paused and word in ("ACTIVE", "TRIAL") else word


def reason_of(status: str) -> str | None:
    """Return why a subscription is on hold; None for any other."""
    return _REASONS.get(status)


@dataclass(frozen=True, slots=True)
class Whose:
    """Whom an event is about: the seller, the storefront, and the customer by both their ids."""

    company: str
    site: str
    customer: str
    identifier: str | None


def status_update(whose: Whose, hold: Hold, at: datetime) -> dict[str, Any]:
    """Return what customer.subscription_status.update tells: how a subscription stands (S3-25)."""
    return _told_of(whose, at) | {
        "status": status_word(hold.status, collection_paused=hold.collection_paused),
        "reason": reason_of(hold.status),
        "trial_used": hold.trial_ends_at is not None and hold.status != "trialing",
    }


def addon_bought(whose: Whose, hold: Hold, item: HeldItem, at: datetime) -> dict[str, Any]:
    """Return what addon.purchase.success tells: what was bought, by which invoice (S3-26)."""
    return _told_of(whose, at) | {
        "addon": {
            "key": item.key,
            "name": item.name,
            "price": item.each,
            "currency": hold.currency,
            "quantity": item.quantity,
            "plan_versions": [hold.price] if hold.price else [],
            "show_with_pricing_widget": True,
            "position": hold.add_ons.index(item) + 1,
            "status": "ACTIVE",
        },
        "transaction_tsid": hold.invoice,
        "status": "SUCCESS",
    }


def _told_of(whose: Whose, at: datetime) -> dict[str, Any]:
    return {
        "company_id": document_id(whose.company),
        "country_id": document_id(whose.site),
        "customer_id": document_id(whose.customer),
        "customer_identifier": whose.identifier,
        "timestamp": round(at.timestamp() * 1000),
    }

"""What sellers' programs can be told, and how one telling is written: plain functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

ALL = "*"
"""Asks for every event of ours; those of document 002 come only to who names them."""
TEST = "endpoint.test"
"""Sent to one endpoint, whatever it asks for, when somebody wants to see that it works."""
LARGEST = 20_000
"""Bytes of a body; what is larger tells ids only."""

EVENT_TYPES: Mapping[str, str] = {
    "customer.created": "Somebody became a customer.",
    "customer.updated": "A customer's details changed.",
    "customer.deleted": "A customer was deleted, or erased.",
    "customer.verified": "A customer showed that their e-mail address is theirs.",
    "subscription.created": "A customer has a plan.",
    "subscription.updated": "A plan changed: its status, what it is made of, or when it ends.",
    "subscription.trial_ending": "A trial ends in a few days.",
    "subscription.canceled": "A plan has ended.",
    "subscription.reactivated": "A plan goes on that was paused or over.",
    "addon.purchased": "A customer has an add-on, or more of it.",
    "payment_method.attached": "A customer has a payment method, or another one.",
    "signup.abandoned": "A sign-up was not finished within a day.",
}
OF_DOCUMENT_002: Mapping[str, str] = {
    "customer.subscription_status.update": "The status of a plan, in the words of document 002.",
    "addon.purchase.success": "A bought add-on, in the words of document 002.",
}
_OF_WHO_IS_GONE = frozenset({"customer.deleted"})


def is_wanted(event_type: str, types: Sequence[str]) -> bool:
    """Tell whether an endpoint that asks for these types is told of this one."""
    return event_type in types or (ALL in types and event_type in EVENT_TYPES)


def tells_of_customers(types: Iterable[str]) -> bool:
    """Tell whether events of these types say more of a customer than that they are gone."""
    return any(one not in _OF_WHO_IS_GONE for one in types)


def unknown_types(types: Iterable[str]) -> tuple[str, ...]:
    """Return those that nobody could be told of."""
    known = {ALL, *EVENT_TYPES, *OF_DOCUMENT_002}
    return tuple(one for one in types if one not in known)


def body_of(message: str, event_type: str, at: datetime, data: Mapping[str, Any]) -> str:
    """Write what is signed and sent: the same characters on every try.

    Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    body = _written(_frame(message, event_type, at, data))
    if len(body.encode()) < LARGEST:
        return body
    ids = {name: data[name] for name in ("id", "object", "customer") if _is_id(data.get(name))}
    return _written(_frame(message, event_type, at, ids | {"truncated": True}))


def _frame(
    message: str, event_type: str, at: datetime, data: Mapping[str, Any]
) -> dict[str, object]:
    if event_type in OF_DOCUMENT_002:
        return {"id": message, "event": event_type, "data": data, "created_at": in_ms(at)}
    return {"type": event_type, "timestamp": moment(at), "data": data}


def moment(at: datetime) -> str:
    """Write a time as our API does: RFC 3339, UTC, with milliseconds."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def in_ms(at: datetime) -> int:
    """Write a time as document 002 does: milliseconds since 1970."""
    return round(at.timestamp() * 1000)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 255


def _written(body: Mapping[str, object]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))

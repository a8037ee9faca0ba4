"""What Stripe tells us: checked, and read as a hint what to fetch anew."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from portal import clock

TOLERANCE = timedelta(seconds=300)
LARGEST_BODY = 512 * 1024

NEEDED_EVENTS = (
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.tax_id.created",
    "customer.tax_id.updated",
    "customer.tax_id.deleted",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "payment_method.attached",
    "payment_method.detached",
    "payment_method.updated",
    "payment_method.automatically_updated",
    "setup_intent.setup_failed",
    "setup_intent.succeeded",
    "refund.updated",
    "refund.failed",
)

_EVENT_ID = re.compile(r"evt_[A-Za-z0-9_]{1,200}", re.ASCII)
_TYPE = re.compile(r"[a-z0-9_.]{1,100}", re.ASCII)
_OBJECT_ID = re.compile(r"(cus|sub|re|pyr)_[A-Za-z0-9_]{1,200}", re.ASCII)


class BadSignature(Exception):
    """Not from Stripe, not of this moment, or not an event."""


@dataclass(frozen=True, slots=True)
class BillingEvent:
    """One event. `object_id` is what to fetch anew (sub_…, cus_…, re_…), empty for nothing."""

    event_id: str
    type: str
    object_id: str
    created_at: datetime
    livemode: bool
    account: str | None
    sha256: str


class _Data(msgspec.Struct):
    object: dict[str, Any]
    previous_attributes: dict[str, Any] | None = None


class _Envelope(msgspec.Struct):
    id: str
    type: str
    created: int
    livemode: bool
    data: _Data
    account: str | None = None


_envelope = msgspec.json.Decoder(_Envelope)


def read_event(payload: bytes, signature: str, secrets: Sequence[str]) -> BillingEvent:
    """Check and read an event.

    Raises:
        BadSignature: of none of these secrets, signed over 300 s ago or ahead, or no event.

    Source: https://docs.stripe.com/webhooks/signature
    """
    try:
        _check(payload, signature, secrets)
        return _read(payload)
    except BadSignature:
        raise
    except Exception as wrong:
        # Whatever strange bytes do to a parser, to a stranger it is the same answer.
        raise BadSignature(type(wrong).__name__) from None


def _check(payload: bytes, signature: str, secrets: Sequence[str]) -> None:
    parts = [part.partition("=") for part in signature.split(",")]
    signed_at = next((value for name, _, value in parts if name == "t"), None)
    if signed_at is None:
        raise BadSignature("no signature")
    if not (signed_at.isascii() and signed_at.isdigit()):
        raise BadSignature("time")
    given = [value.encode() for name, _, value in parts if name == "v1"]
    signed = signed_at.encode() + b"." + payload
    if not any(_is_signed(signed, secret, given) for secret in secrets if secret.strip()):
        raise BadSignature("signature")
    skew_s = int(signed_at) - clock.now().timestamp()
    if abs(skew_s) > TOLERANCE.total_seconds():
        # Well signed, so it is Stripe's: more likely than a replay is that our clock is wrong.
        raise BadSignature(f"signed {skew_s:+.0f} s from our time")


def _is_signed(signed: bytes, secret: str, given: Sequence[bytes]) -> bool:
    expected = hmac.digest(secret.encode(), signed, "sha256").hex().encode()
    return any(hmac.compare_digest(expected, signature) for signature in given)


def _read(payload: bytes) -> BillingEvent:
    event = _envelope.decode(payload)
    if not _EVENT_ID.fullmatch(event.id) or not _TYPE.fullmatch(event.type):
        raise BadSignature("event")
    found = what_to_fetch(event.type, event.data.object, event.data.previous_attributes or {})
    return BillingEvent(
        event_id=event.id,
        type=event.type,
        object_id=found if _OBJECT_ID.fullmatch(found) else "",
        created_at=datetime.fromtimestamp(event.created, UTC),
        livemode=event.livemode,
        account=event.account,
        sha256=sha256(payload).hexdigest(),
    )


def what_to_fetch(type: str, about: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """Name the object whose copy an event makes stale; empty when we keep no copy of it.

    A refund is one that we gave for a change of a plan: of others nobody waits for news.
    `before` is what a change replaced: a detached payment method names its customer only there.
    """
    if type.startswith("customer.subscription."):
        return _id(about.get("id"))
    if type.startswith("invoice."):
        return _subscription_of(about)
    if type.startswith("subscription_schedule."):
        return _id(about.get("subscription"))
    if type in ("customer.created", "customer.updated", "customer.deleted"):
        return _id(about.get("id"))
    if type.startswith(("customer.", "payment_method.", "setup_intent.")):
        return _id(about.get("customer") or before.get("customer"))
    if type.startswith(("refund.", "charge.refund.")):
        return _id(about.get("id")) if _is_ours(about.get("metadata")) else ""
    return ""


def _is_ours(marks: Any) -> bool:
    return isinstance(marks, Mapping) and bool(marks.get("change"))


def is_refund(object_id: str) -> bool:
    """Tell whether what is to be fetched is a refund: we keep no copy of one."""
    return object_id.startswith(("re_", "pyr_"))


def _subscription_of(invoice: Mapping[str, Any]) -> str:
    """Find an invoice's subscription: since 2025 in its parent, before that in itself."""
    parent = invoice.get("parent") or {}
    details = parent.get("subscription_details") or {}
    return _id(details.get("subscription") or invoice.get("subscription"))


def _id(found: Any) -> str:
    """Return the id of what may be expanded."""
    if isinstance(found, Mapping):
        found = found.get("id")
    return found if isinstance(found, str) else ""

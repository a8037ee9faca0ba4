"""What a new copy tells that the last one did not, in the audit trail's words: plain functions.

Stripe decides these things, whoever asked for them: its copies are where we learn that they are so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from portal.billing.billed import BilledSubscription
from portal.billing.billed_customers import BilledCustomer
from portal.subscriptions.hold import OVER

# Stripe's own words; any other says nothing to a customer yet.
_WORDS = (
    "trialing", "active", "incomplete", "incomplete_expired", "past_due", "unpaid", "paused",
    "canceled",
)  # fmt: skip
CANCELED = "subscription.canceled"
STATES = frozenset(f"subscription.{word}" for word in _WORDS)
"""What a subscription can come to be: one of these never follows itself."""


def news_of_subscription(
    before: Mapping[str, Any] | None, after: BilledSubscription
) -> tuple[str, ...]:
    """Name what happened to a subscription since our last copy, if there was one."""
    if before is None:
        return _state(after.status)
    found = _state(after.status) if before["status"] != after.status else ()
    if before["price_stripe_id"] not in ("", after.price_stripe_id):
        found += ("subscription.plan_changed",)
    elif _made_otherwise(before, after):
        found += ("subscription.parts_changed",)
    is_ending = bool(after.cancel_at_period_end or after.cancel_at)
    if bool(before["cancel_at_period_end"] or before["cancel_at"]) != is_ending:
        lives = after.status not in OVER
        found += (f"subscription.{'ending' if is_ending else 'going_on'}",) if lives else ()
    return found


def _made_otherwise(before: Mapping[str, Any], after: BilledSubscription) -> bool:
    """Tell whether quantities or add-ons are others than our last copy told, if it did."""
    known = json.loads(before.get("items") or "[]")
    held = {item["price"]: item["quantity"] for item in known}
    return bool(held) and held != after.composition


def news_of_customer(before: Mapping[str, Any] | None, after: BilledCustomer) -> tuple[str, ...]:
    """Name what happened to somebody's payment method since our last copy."""
    if after.deleted:
        return ("billing.closed",) if before is not None and not before["deleted"] else ()
    former = before["payment_method"] if before is not None else None
    present = after.card.stripe_id if after.card else None
    if former == present:
        return ()
    if former is None:
        return ("payment_method.added",)
    return ("payment_method.removed" if present is None else "payment_method.changed",)


def events_of(
    before: Mapping[str, Any] | None, news: Iterable[str], *, is_collected: bool = True
) -> tuple[str, ...]:
    """Name the events by which sellers' programs are told of this, but for what was bought."""
    said = {action.partition(".")[2] for action in news if action.startswith("subscription.")}
    if before is None:
        return ("subscription.created",) if said - set(OVER) else ()
    if said & set(OVER):
        return ("subscription.canceled",)
    was_resting = before["status"] in ("paused", *OVER)
    goes_on = is_collected and bool(before["collection_paused"])
    if goes_on or (was_resting and said & {"active", "trialing"}):
        return ("subscription.reactivated",)
    rests = not is_collected and not before["collection_paused"]
    return ("subscription.updated",) if said or rests else ()


def _state(status: str) -> tuple[str, ...]:
    action = f"subscription.{status}"
    return (action,) if action in STATES else ()

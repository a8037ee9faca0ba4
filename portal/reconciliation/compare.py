"""Compare our copies with what Stripe has: plain functions of their arguments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from portal.billing.billed import BilledSubscription
from portal.billing.billed_customers import BilledCustomer
from portal.reconciliation.report import Difference, Outcome
from portal.subscriptions.copies import (
    PROFILE_COLUMNS,
    SUBSCRIPTION_COLUMNS,
    profile_values,
    subscription_values,
)

Row = Mapping[str, Any]
OVER = ("canceled", "incomplete_expired")

_NEVER = datetime.min.replace(tzinfo=UTC)
_NOT_COMPARED = ("stripe_id", "customer", "ticket", "fetched_at")
_PERSONAL = (
    *("billing_email", "card_brand", "card_last4", "card_exp_month", "card_exp_year"),
    *("details_hash", "object"),
)
_CHANGES_UNTOLD = "next_invoice_sequence"
"""Stripe sends no event of it: our copy of the whole object may have an older one."""


def subscription_difference(
    stripe_id: str, copy: Row | None, billed: BilledSubscription | None
) -> Difference | None:
    """Tell how our copy of a subscription differs from what Stripe has; None: not at all."""
    if billed is None:
        if copy is None or copy["status"] in OVER:
            return None
        return Difference(stripe_id, f"status {copy['status']}", "gone", Outcome.DETACHED)
    if copy is None:
        return Difference(stripe_id, "no copy", f"status {billed.status}", Outcome.REPAIRED)
    values = subscription_values(copy["customer"], billed, 0, _NEVER)
    return _repaired(stripe_id, copy, dict(zip(SUBSCRIPTION_COLUMNS, values, strict=True)))


def customer_difference(
    stripe_id: str, status: str, copy: Row | None, billed: BilledCustomer | None
) -> Difference | None:
    """Tell how our copy of a customer differs from what Stripe has; status is our customer's.

    Of somebody erased or deleted nothing is copied; Stripe's end of it is owed where it belongs.
    """
    if status in ("deleted", "erased"):
        return None
    if billed is None or billed.deleted:
        if status == "detached" and (copy is None or copy["deleted"]):
            return None
        return Difference(stripe_id, f"status {status}", "gone", Outcome.DETACHED, ("status",))
    if copy is None:
        return Difference(stripe_id, "no copy", "a customer", Outcome.REPAIRED)
    values = profile_values(copy["customer"], billed, 0, _NEVER)
    theirs = dict(zip(PROFILE_COLUMNS, values, strict=True))
    if not copy["details_hash"]:  # Never looked at since an upgrade: nothing to compare with.
        del theirs["details_hash"]
    if not copy["object"] or _settled(copy["object"]) == _settled(theirs["object"]):
        del theirs["object"]
    if copy["stripe_id"] != stripe_id:
        return Difference(stripe_id, "a copy of another", "a customer", Outcome.REPAIRED)
    return _repaired(stripe_id, copy, theirs)


def _settled(told: str) -> Row:
    found: dict[str, Any] = json.loads(told or "{}")
    return {name: value for name, value in found.items() if name != _CHANGES_UNTOLD}


def _repaired(stripe_id: str, copy: Row, theirs: Row) -> Difference | None:
    names = tuple(
        name for name in theirs if name not in _NOT_COMPARED and copy[name] != theirs[name]
    )
    if not names:
        return None
    ours, there = (", ".join(_told(names, side)) for side in (copy, theirs))
    return Difference(stripe_id, ours, there, Outcome.REPAIRED, names)


def _told(names: tuple[str, ...], side: Row) -> Iterator[str]:
    for name in names:
        value = side[name]
        if name in _PERSONAL:
            yield f"{name} …"
        elif isinstance(value, datetime):
            yield f"{name} {value:%Y-%m-%dT%H:%M:%SZ}"
        else:
            yield f"{name} {'none' if value in (None, '') else value}"

"""Paused collection: the subscription runs on, and its invoices are not collected.

Source: https://docs.stripe.com/billing/subscriptions/pause-payment
"""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import revising
from portal.sandbox.collecting import finalize, void
from portal.sandbox.errors import invalid
from portal.sandbox.events import emit
from portal.sandbox.rows import Row


def read_pause(account: Account, given: Any) -> Row | None:
    """Read `pause_collection`; an empty one ends the pause."""
    if not given:
        return None
    resumes = given.get("resumes_at")
    if resumes is not None and resumes <= account.now():
        raise invalid("The timestamp must be in the future.", "pause_collection[resumes_at]")
    return {"behavior": given["behavior"], "resumes_at": resumes}


def hold_back(account: Account, subscription: Row | None, invoice: Row) -> bool:
    """Do with a draft what a pause wants instead of collecting it; tell whether there is one."""
    pause = (subscription or {}).get("pause_collection")
    if not pause:
        return False
    if pause["behavior"] == "keep_as_draft":
        with revising(account, "invoice", invoice["id"], "invoice.updated") as row:
            row["auto_advance"] = False
            row["automatically_finalizes_at"] = None
        return True
    finalize(account, invoice)
    if invoice["status"] == "open" and pause["behavior"] == "void":
        void(account, invoice)
    elif invoice["status"] == "open":
        mark_uncollectible(account, invoice)
    return True


def mark_uncollectible(account: Account, invoice: Row) -> None:
    """Give an open invoice up; it can still be paid or voided."""
    with revising(account, "invoice", invoice["id"], None) as row:
        row["status"] = "uncollectible"
        row["auto_advance"] = False
        row["next_payment_attempt"] = None
        row["status_transitions"]["marked_uncollectible_at"] = account.now()
    emit(account, "invoice.marked_uncollectible", row)


def end_pause(account: Account, subscription: Row) -> None:
    """End a pause whose time is over."""
    id = subscription["id"]
    with revising(account, "subscription", id, "customer.subscription.updated") as row:
        row["pause_collection"] = None

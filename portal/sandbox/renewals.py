"""What time does to subscriptions: trials end, periods renew, planned ends come."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.billing import bill_pending, bill_period
from portal.sandbox.changes import revising
from portal.sandbox.collecting import next_period, void
from portal.sandbox.collection_pauses import end_pause
from portal.sandbox.dues import Due
from portal.sandbox.ending import end_subscription
from portal.sandbox.events import emit
from portal.sandbox.periods import DAY_S
from portal.sandbox.rows import Row
from portal.sandbox.standing import pause
from portal.sandbox.upcoming import is_told_of, tell_of_upcoming, upcoming_at

HOUR_S = 3600
EXPIRES_AFTER_S = 23 * HOUR_S
"""How long a first payment may take."""
WARNED_BEFORE_S = 3 * DAY_S
_RUNNING = ("trialing", "active", "past_due", "unpaid")


def subscription_dues(row: Row) -> list[Due]:
    """List what will happen to a subscription by itself, and when."""
    if row["status"] == "incomplete":
        return [(row["created"] + EXPIRES_AFTER_S, _expire)]
    if row["status"] not in _RUNNING:
        return []
    found: list[Due] = [(row["cancel_at"], _end_as_planned)]
    if row["cancel_at_period_end"]:
        found.append((row["_period_end"], _end_as_planned))
    elif not is_told_of(row):
        found.append((upcoming_at(row), tell_of_upcoming))
    if row["pause_collection"]:
        found.append((row["pause_collection"]["resumes_at"], end_pause))
    if row["status"] == "trialing":
        warned = None if row["_is_warned"] else _warning(row)
        return [*found, (warned, _warn), (row["trial_end"], _end_trial)]
    return [*found, (row["_period_end"], _renew)]


def _warning(row: Row) -> int:
    return max(int(row["trial_start"] or row["created"]), int(row["trial_end"]) - WARNED_BEFORE_S)


def _warn(account: Account, row: Row) -> None:
    account.edit("subscription", row["id"])["_is_warned"] = True
    emit(account, "customer.subscription.trial_will_end", row)


def _expire(account: Account, row: Row) -> None:
    invoice = account.get("invoice", row["latest_invoice"])
    end_subscription(account, row, reason="payment_failed", status="incomplete_expired")
    if invoice and invoice["status"] == "open":
        void(account, invoice)


def _end_as_planned(account: Account, row: Row) -> None:
    """End a subscription, and bill what still waits for an invoice of it."""
    ended = end_subscription(account, row, reason="cancellation_requested", is_planned=True)
    customer = account.kind("customer")[row["customer"]]
    invoice = bill_pending(account, ended, customer, "subscription_cycle")
    if invoice is not None:
        ended["latest_invoice"] = invoice["id"]
        invoice["automatically_finalizes_at"] = account.now() + HOUR_S
        emit(account, "invoice.created", invoice)


def _end_trial(account: Account, row: Row) -> None:
    """End a trial: on to the first paid period, or what the settings say when there is no card."""
    customer = account.kind("customer")[row["customer"]]
    has_card = (
        row["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    )
    missing = row["trial_settings"]["end_behavior"]["missing_payment_method"]
    is_owed = not has_card and row["collection_method"] == "charge_automatically"
    if is_owed and missing == "cancel":
        end_subscription(account, row, reason="cancellation_requested")
    elif is_owed and missing == "pause":
        pause(account, row, "trial_end_without_payment_method")
    else:
        _renew(account, row)


def _renew(account: Account, row: Row) -> None:
    """Begin the next period: a draft invoice now, final and charged an hour later."""
    id = row["id"]
    with revising(account, "subscription", id, "customer.subscription.updated") as changed:
        start, end = next_period(changed, changed["_period_end"])
        changed["_period_start"], changed["_period_end"] = start, end
        if changed["status"] == "trialing":
            changed["status"] = "active"
        customer = account.kind("customer")[changed["customer"]]
        invoice = bill_period(account, changed, customer, "subscription_cycle")
        _plan_finalizing(account, changed, invoice)
        changed["latest_invoice"] = invoice["id"]
        emit(account, "invoice.created", invoice)


def _plan_finalizing(account: Account, row: Row, invoice: Row) -> None:
    """Let a draft become final in an hour, unless nobody would collect it."""
    is_kept = (row["pause_collection"] or {}).get("behavior") == "keep_as_draft"
    if row["status"] == "unpaid" or is_kept:
        invoice["auto_advance"] = False
    else:
        invoice["automatically_finalizes_at"] = account.now() + HOUR_S

"""End a subscription."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.changes import revising
from portal.sandbox.events import emit
from portal.sandbox.pending_items import drop_prorations
from portal.sandbox.rows import Row


def end_subscription(
    account: Account,
    subscription: Row,
    *,
    reason: str,
    status: str = "canceled",
    is_planned: bool = False,
) -> Row:
    """End a subscription now: canceled, or expired before its first payment.

    Prorations that wait are dropped, unless the end was planned and a last invoice takes them.
    """
    if not is_planned:
        drop_prorations(account, subscription)
    row = account.edit("subscription", subscription["id"])
    now = account.now()
    row["status"] = status
    row["ended_at"] = now
    row["canceled_at"] = row["canceled_at"] or now
    row["cancellation_details"]["reason"] = row["cancellation_details"]["reason"] or reason
    invoice = account.get("invoice", row["latest_invoice"])
    if invoice and invoice["status"] in ("draft", "open") and invoice["auto_advance"]:
        stop_collecting(account, invoice)
    if status == "incomplete_expired":
        emit(account, "customer.subscription.updated", row, {"status": "incomplete"})
    else:
        emit(account, "customer.subscription.deleted", row)
    schedule = account.get("subscription_schedule", row["schedule"])
    if schedule and schedule["status"] == "active":
        cancel_schedule(account, schedule)
    return row


def cancel_schedule(account: Account, schedule: Row) -> None:
    """End a schedule whose subscription has ended, or never began."""
    row = account.edit("subscription_schedule", schedule["id"])
    row["status"] = "canceled"
    row["canceled_at"] = account.now()
    row["current_phase"] = None
    emit(account, "subscription_schedule.canceled", row)


def stop_collecting(account: Account, invoice: Row) -> None:
    """Leave an unpaid invoice as it is: nothing finalizes or charges it by itself any more."""
    with revising(account, "invoice", invoice["id"], "invoice.updated") as row:
        row["auto_advance"] = False
        row["next_payment_attempt"] = None
        row["automatically_finalizes_at"] = None
        row["_expires_at"] = None

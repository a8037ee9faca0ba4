"""What time does to invoices: drafts become final, charges are tried again, dues pass."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.collecting import collect, default_method, finalize, void
from portal.sandbox.collection_pauses import hold_back
from portal.sandbox.dues import Due
from portal.sandbox.events import emit
from portal.sandbox.rows import Row
from portal.sandbox.standing import set_status, subscription_of


def invoice_dues(row: Row) -> list[Due]:
    """List what will happen to an invoice by itself, and when."""
    if row["status"] == "draft":
        return [(row["automatically_finalizes_at"], _finalize)]
    if row["status"] != "open":
        return []
    found: list[Due] = [(row["_expires_at"], void), (row["next_payment_attempt"], _try)]
    if row["collection_method"] == "send_invoice" and not row.get("_is_overdue"):
        found.append((row["due_date"], _become_overdue))
    return found


def _finalize(account: Account, row: Row) -> None:
    if hold_back(account, account.get("subscription", subscription_of(row)), row):
        return
    finalize(account, row)
    if row["status"] != "open":
        return
    if row["collection_method"] == "charge_automatically":
        _try(account, row)
    else:
        emit(account, "invoice.sent", row)


def _try(account: Account, row: Row) -> None:
    collect(account, row, default_method(account, row), automatic=True)


def _become_overdue(account: Account, row: Row) -> None:
    """Tell that nobody paid a sent invoice in time; its subscription is behind then."""
    account.edit("invoice", row["id"])["_is_overdue"] = True
    emit(account, "invoice.overdue", row)
    subscription = account.get("subscription", subscription_of(row))
    if subscription and subscription["status"] == "active":
        set_status(account, subscription, "past_due")

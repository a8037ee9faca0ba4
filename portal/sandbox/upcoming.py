"""The invoice that comes next, and the event that announces it."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.billing import period_bill
from portal.sandbox.collecting import next_period
from portal.sandbox.drawing import drawn
from portal.sandbox.events import emit
from portal.sandbox.periods import DAY_S
from portal.sandbox.rows import Row, new_id

TOLD_BEFORE_S = 7 * DAY_S


def upcoming_at(row: Row) -> int | None:
    """Tell when a renewal is announced; one of a week or less is not."""
    moment = int(row["_period_end"]) - TOLD_BEFORE_S
    return moment if moment > row["_period_start"] else None


def is_told_of(row: Row) -> bool:
    """Tell whether the next renewal was announced already."""
    return bool(row.get("_told_upcoming") == row["_period_end"])


def tell_of_upcoming(account: Account, row: Row) -> None:
    """Announce the next renewal, with the invoice as it would be."""
    account.edit("subscription", row["id"])["_told_upcoming"] = row["_period_end"]
    emit(account, "invoice.upcoming", draw_upcoming(account, row))


def draw_upcoming(account: Account, row: Row, *, with_pending: bool = True) -> Row:
    """Draw a subscription's next invoice up without keeping it."""
    start, end = next_period(row, row["_period_end"])
    later = row | {"_period_start": start, "_period_end": end}
    bill = period_bill(account, later, account.kind("customer")[row["customer"]], "upcoming")
    if not with_pending:
        bill.lines = [line for line in bill.lines if line.invoice_item is None]
    return drawn(account, bill, new_id("upcoming_in"))

"""The course of things: which rows change by themselves, when, and in which order."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.dues import next_due
from portal.sandbox.invoice_course import invoice_dues
from portal.sandbox.renewals import subscription_dues
from portal.sandbox.rows import Row
from portal.sandbox.schedule_course import KIND, schedule_dues

DUES = {
    KIND: schedule_dues,
    "subscription": subscription_dues,
    "invoice": invoice_dues,
}
"""By kind, in the order in which they act at one moment."""


def next_moment(row: Row) -> int | None:
    """Tell when something happens to this row by itself; None: never."""
    due = next_due(DUES[row["object"]](row))
    return None if due is None else due[0]


def act(account: Account, row: Row) -> None:
    """Do what comes first for a row."""
    due = next_due(DUES[row["object"]](row))
    if due is not None:
        due[1](account, row)

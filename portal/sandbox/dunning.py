"""Dunning: when a failed payment is tried again, and what happens after the last try."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.controls import Asked, control
from portal.sandbox.periods import DAY_S
from portal.sandbox.rows import Row

RETRY_DAYS = (3, 5, 7)
"""Days between the tries for a renewal."""
_AFTER_LAST_TRY = ("cancel", "unpaid", "past_due")


def count_try(invoice: Row, *, automatic: bool) -> None:
    """Count a try: the first of any kind, and after it those of the schedule."""
    invoice["attempted"] = True
    if automatic or invoice["attempt_count"] == 0:
        invoice["attempt_count"] += 1


def plan_next_try(account: Account, invoice: Row, *, automatic: bool) -> bool:
    """Write down when an invoice is charged again by itself; tell whether that was the last try.

    A first payment is the person's to make, and a try of theirs leaves the schedule as it is.
    """
    tries = invoice["attempt_count"]
    is_first = invoice["billing_reason"] == "subscription_create"
    invoice["_expires_at"] = None
    if (
        is_first
        or invoice["_resumes"] == "resume_on_payment_attempt"
        or not invoice["auto_advance"]
    ):
        invoice["next_payment_attempt"] = None
        return False
    if not automatic and invoice["next_payment_attempt"] is not None:
        return False
    is_last = tries > len(RETRY_DAYS)
    wait = None if is_last else RETRY_DAYS[tries - 1] * DAY_S
    invoice["next_payment_attempt"] = None if wait is None else account.now() + wait
    return is_last and automatic


def after_last_try(account: Account) -> str:
    """Tell what becomes of a subscription whose invoice was tried for the last time."""
    dunning = account.settings().get("dunning") or {}
    return str(dunning.get("after_last_try", "cancel"))


_ANSWER = '{"after_last_try": "cancel", "retry_days": [3, 5, 7]}'


@control(
    "Payments",
    "GET",
    "/dunning",
    "Tells when a renewal that failed is tried again, in days from try to try, and what becomes of"
    " its subscription after the last one.",
    answer=_ANSWER,
)
def show_dunning(asked: Asked) -> Any:
    """Give the settings."""
    return {"after_last_try": after_last_try(asked.account), "retry_days": list(RETRY_DAYS)}


@control(
    "Payments",
    "POST",
    "/dunning",
    "Chooses what becomes of a subscription after the last try: cancel, unpaid or past_due.",
    body='{"after_last_try": "unpaid"}',
    answer=_ANSWER,
)
def set_dunning(asked: Asked) -> Any:
    """Change the settings."""
    wanted = asked.given["after_last_try"]
    if wanted not in _AFTER_LAST_TRY:
        raise ValueError(f"after_last_try is one of {', '.join(_AFTER_LAST_TRY)}")
    with asked.account.transaction():
        settings = asked.account.edit("_settings", "settings")
        settings["dunning"] = {"after_last_try": wanted}
    return show_dunning(asked)

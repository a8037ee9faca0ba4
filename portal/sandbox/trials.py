"""Trials that are moved, or ended now."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import invalid
from portal.sandbox.prorations import credit
from portal.sandbox.rows import Row
from portal.sandbox.swaps import begin_period, read_terms


def move_trial(account: Account, row: Row, params: dict[str, Any]) -> None:
    """Move the end of a trial, give one, or end it now and begin the first paid period."""
    terms = read_terms(account, row, params)
    ends, now = params["trial_end"], account.now()
    if ends == "now":
        if row["status"] == "trialing":
            _end_now(account, row, terms.payment)
        return
    if ends <= now:
        raise invalid(
            "Invalid timestamp: must be an integer Unix timestamp in the future.", "trial_end"
        )
    if row["status"] != "trialing":
        row["_period_start"] = row["trial_start"] = now
        if terms.prorations != "none":
            for id in row["_items"]:
                credit(account, row, account.edit("subscription_item", id), terms.at)
    row["status"] = "trialing"
    row["trial_end"] = row["billing_cycle_anchor"] = row["_period_end"] = ends
    row["_is_warned"] = False


def _end_now(account: Account, row: Row, payment: str) -> None:
    row["trial_end"] = account.now()
    row["status"] = "active"
    begin_period(account, row, payment)

"""What the control page shows of an account."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.control_faults import limits_of, rates_of
from portal.sandbox.control_keys import keys_of
from portal.sandbox.dunning import after_last_try
from portal.sandbox.mishaps import MISHAPS
from portal.sandbox.plan_words import plan_lines
from portal.sandbox.rendering import moment
from portal.sandbox.rows import Row
from portal.sandbox.views import shown

SHOWN = 50
"""How many rows of each kind are shown, the newest."""
_SIGNATURES = (
    ("right", "Right"),
    ("another", "Of another secret"),
    ("former", "Of the secret before it was rolled"),
    ("stale", "An hour old"),
    ("future", "An hour ahead"),
    ("missing", "None"),
)


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """A customer as the control page lists them."""

    id: str
    name: str
    email: str
    plans: list[str]
    is_on_test_clock: bool


def overview(account: Account) -> dict[str, Any]:
    """Give all that the control page shows of an account."""
    now, end = account.account_time(), next_end(account)
    return {
        "now": moment(now),
        "offset": account.settings()["clock_offset"],
        "next_end": f"{end[1]}: {moment(end[0])}" if end else "",
        "presets": [(name, words) for name, (words, _) in MISHAPS.items()],
        "faults": [fault.described() for fault in account.conditions.faults],
        "after_last_try": after_last_try(account),
        "limit": limits_of(account),
        "rates": rates_of(account, 0),
        "keys": keys_of(account),
        "signatures": _SIGNATURES,
        "webhooks": account.settings()["webhooks"],
        "endpoints": list(account.kind("webhook_endpoint").values()),
        "waiting": len(account.outbox.waiting),
        "customers": [_line(account, row) for row in _newest(_living(account))],
        "requests": list(islice(reversed(account.requests), SHOWN)),
        "events": [shown(account, row) for row in _newest(list(account.kind("event").values()))],
        "shown": SHOWN,
    }


def next_end(account: Account) -> tuple[int, str] | None:
    """Find the next end of a trial or a period, and say whose it is; test clocks are left out."""
    found = [
        (end, words, row)
        for row in account.kind("subscription").values()
        if not row.get("test_clock") and (ended := _end(row)) is not None
        for end, words in [ended]
        if end > account.account_time()
    ]
    if not found:
        return None
    end, words, row = min(found, key=lambda each: each[0])
    customer = account.kind("customer")[row["customer"]]
    return end, f"{words} of {customer.get('email') or row['customer']}"


def _end(row: Row) -> tuple[int, str] | None:
    if row["status"] == "trialing":
        return row["trial_end"], "end of the trial"
    if row["status"] in ("active", "past_due"):
        return row["_period_end"], "end of the period"
    return None


def _living(account: Account) -> list[Row]:
    return [row for row in account.kind("customer").values() if not row.get("deleted")]


def _newest(rows: list[Row]) -> list[Row]:
    return rows[: -SHOWN - 1 : -1]


def _line(account: Account, row: Row) -> CustomerLine:
    return CustomerLine(
        id=row["id"],
        name=row["name"] or "",
        email=row["email"] or "",
        plans=[f"{plan.name}, {plan.status}" for plan in plan_lines(account, row["id"])],
        is_on_test_clock=bool(row["test_clock"]),
    )

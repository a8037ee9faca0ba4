"""A test clock on its way: everything that falls due for its customers, each at its own moment."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.course import DUES, act, next_moment
from portal.sandbox.events import emit
from portal.sandbox.rows import Row

KIND = "test_helpers.test_clock"


def is_ready_at(clock: Row) -> float | None:
    """Tell when an advancing clock arrives, in the account's own time."""
    return float(clock["_ready_at"]) if clock["status"] == "advancing" else None


def arrive(account: Account, clock: Row) -> None:
    """Live through the time a clock was to advance, one happening at a time."""
    to: int = clock["status_details"]["advancing"]["target_frozen_time"]
    while (due := _first_due(account, clock["id"], to)) is not None:
        moment, row = due
        with account.transaction():
            changed = account.edit(KIND, clock["id"])
            changed["frozen_time"] = max(moment, changed["frozen_time"])
            with account.at(changed["frozen_time"]):
                act(account, row)
    with account.transaction():
        changed = account.edit(KIND, clock["id"])
        changed["frozen_time"] = to
        changed["status"] = "ready"
        changed["status_details"] = {}
        emit(account, "test_helpers.test_clock.ready", changed)


def _first_due(account: Account, clock: str, to: int) -> tuple[int, Row] | None:
    found = [
        (moment, row)
        for kind in DUES
        for row in account.kind(kind).values()
        if row["test_clock"] == clock and (moment := next_moment(row)) is not None and moment <= to
    ]
    return min(found, key=lambda each: each[0], default=None)

"""Test clocks: customers on one live in its time."""

from __future__ import annotations

from portal.sandbox.account import Account, Row, new_id
from portal.sandbox.customers import remove_customer
from portal.sandbox.errors import invalid
from portal.sandbox.events import emit
from portal.sandbox.listing import listed
from portal.sandbox.operations import Call, operation
from portal.sandbox.periods import DAY_S
from portal.sandbox.renewals import act, next_moment
from portal.sandbox.views import shown

_KIND = "test_helpers.test_clock"


@operation("POST", "/v1/test_helpers/test_clocks", "test_helpers.TestClockCreateParams")
def create_clock(call: Call) -> Row:
    """Create a test clock that stands at a moment."""
    account, params = call.account, call.params
    call.only({"frozen_time", "name", "expand"})
    row = account.add(
        {
            "id": new_id("clock"),
            "object": _KIND,
            "created": account.now(),
            "deletes_after": account.now() + 30 * DAY_S,
            "frozen_time": params["frozen_time"],
            "livemode": False,
            "name": params.get("name") or None,
            "status": "ready",
            "status_details": {},
        }
    )
    emit(account, "test_helpers.test_clock.created", row)
    return shown(account, row)


@operation(
    "POST", "/v1/test_helpers/test_clocks/{id}/advance", "test_helpers.TestClockAdvanceParams"
)
def advance_clock(call: Call) -> Row:
    """Move a clock forward; by the time anyone asks again, all that was due is done."""
    row = call.row(_KIND, "test clock")
    to = call.params["frozen_time"]
    if to <= row["frozen_time"]:
        raise invalid("The new frozen time must be after the current one.", "frozen_time")
    account = call.account
    emit(account, "test_helpers.test_clock.advancing", row)
    _live_through(account, row, to)
    emit(account, "test_helpers.test_clock.ready", row)
    answer = shown(account, row)
    answer["status"] = "advancing"
    answer["status_details"] = {"advancing": {"target_frozen_time": to}}
    return answer


def _live_through(account: Account, clock: Row, to: int) -> None:
    changed = account.edit(_KIND, clock["id"])
    while (due := _first_due(account, clock["id"], to)) is not None:
        moment, kind, row = due
        changed["frozen_time"] = max(moment, changed["frozen_time"])
        with account.at(changed["frozen_time"]):
            act(account, kind, row)
    changed["frozen_time"] = to


def _first_due(account: Account, clock: str, to: int) -> tuple[int, str, Row] | None:
    found = [
        (moment, kind, row)
        for kind in ("subscription", "invoice")
        for row in account.kind(kind).values()
        if row["test_clock"] == clock and (moment := next_moment(row)) is not None and moment <= to
    ]
    return min(found, key=lambda each: each[0], default=None)


@operation("GET", "/v1/test_helpers/test_clocks/{id}", "test_helpers.TestClockRetrieveParams")
def retrieve_clock(call: Call) -> Row:
    """Give a test clock."""
    return shown(call.account, call.row(_KIND, "test clock"))


@operation("GET", "/v1/test_helpers/test_clocks", "test_helpers.TestClockListParams")
def list_clocks(call: Call) -> Row:
    """List test clocks."""
    return listed(call, call.account.kind(_KIND).values(), "test clock")


@operation("DELETE", "/v1/test_helpers/test_clocks/{id}")
def delete_clock(call: Call) -> Row:
    """Delete a test clock, and the customers on it."""
    account = call.account
    row = call.row(_KIND, "test clock")
    for customer in list(account.kind("customer").values()):
        if customer.get("test_clock") == row["id"]:
            remove_customer(account, customer)
    emit(account, "test_helpers.test_clock.deleted", row)
    account.remove(_KIND, row["id"])
    return {"id": row["id"], "object": _KIND, "deleted": True}

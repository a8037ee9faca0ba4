"""Test clocks: customers on one live in its time."""

from __future__ import annotations

from portal.sandbox.clock_course import KIND
from portal.sandbox.customers import remove_customer
from portal.sandbox.errors import invalid, refused
from portal.sandbox.events import emit
from portal.sandbox.listing import listed
from portal.sandbox.operations import Call, operation
from portal.sandbox.periods import DAY_S
from portal.sandbox.rows import Row, new_id
from portal.sandbox.views import shown

ADVANCES_FOR_S = 0.1
"""How long a clock advances at least, so that nobody forgets to wait for it."""


@operation("POST", "/v1/test_helpers/test_clocks", "test_helpers.TestClockCreateParams")
def create_clock(call: Call) -> Row:
    """Create a test clock that stands at a moment."""
    account, params = call.account, call.params
    call.only({"frozen_time", "name", "expand"})
    row = account.add(
        {
            "id": new_id("clock"),
            "object": KIND,
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
    """Begin to move a clock forward; `ready` a moment later, when all that was due is done."""
    account = call.account
    row = account.edit(KIND, call.row(KIND, "test clock")["id"])
    to = call.params["frozen_time"]
    if row["status"] == "advancing":
        raise refused("The test clock is still advancing.", code="test_clock_advancing")
    if to <= row["frozen_time"]:
        raise invalid("The new frozen time must be after the current one.", "frozen_time")
    row["status"] = "advancing"
    row["status_details"] = {"advancing": {"target_frozen_time": to}}
    row["_ready_at"] = account.exact_time() + ADVANCES_FOR_S
    emit(account, "test_helpers.test_clock.advancing", row)
    return shown(account, row)


@operation("GET", "/v1/test_helpers/test_clocks/{id}", "test_helpers.TestClockRetrieveParams")
def retrieve_clock(call: Call) -> Row:
    """Give a test clock."""
    return shown(call.account, call.row(KIND, "test clock"))


@operation("GET", "/v1/test_helpers/test_clocks", "test_helpers.TestClockListParams")
def list_clocks(call: Call) -> Row:
    """List test clocks."""
    return listed(call, call.account.kind(KIND).values(), "test clock")


@operation("DELETE", "/v1/test_helpers/test_clocks/{id}")
def delete_clock(call: Call) -> Row:
    """Delete a test clock, and the customers on it."""
    account = call.account
    row = call.row(KIND, "test clock")
    for customer in list(account.kind("customer").values()):
        if customer.get("test_clock") == row["id"]:
            remove_customer(account, customer)
    emit(account, "test_helpers.test_clock.deleted", row)
    account.remove(KIND, row["id"])
    return {"id": row["id"], "object": KIND, "deleted": True}

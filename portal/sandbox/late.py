"""Effects that come late: the answer was a 500, and the object appears by itself some time after.

They are rows, so that a restart does not lose them, and happen in the account's own time.
"""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.effect import Visit, perform
from portal.sandbox.operations import find_operation
from portal.sandbox.rows import Row, new_id
from portal.sandbox.wire import Request

KIND = "_late"


def put_off(visit: Visit, delay_s: float) -> None:
    """Let what a request asks for happen by itself, so many seconds from now."""
    account = visit.account
    with account.transaction():
        account.add(
            {
                "id": new_id("late"),
                "due": account.exact_time() + delay_s,
                "method": visit.request.method,
                "path": visit.request.path,
                "params": visit.params,
                "key": visit.key,
                "print": visit.print_,
                "request": visit.id,
            },
            KIND,
        )


def happen(account: Account, row: Row) -> None:
    """Do what was put off, unless the same key has had its effect meanwhile."""
    with account.transaction():
        account.remove(KIND, row["id"])
    kept = account.get("_idempotency", row["key"])
    if kept and kept["status"] == 200:
        return
    request = Request(row["method"], row["path"], "", {}, b"")
    found, ids = find_operation(request.method, request.path)
    visit = Visit(account, request, row["params"], row["key"], row["print"], row["request"])
    with account.at(int(row["due"])):
        perform(visit, found, ids)

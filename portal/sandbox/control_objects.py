"""The account from behind: its time, its objects, and a fresh start."""

from __future__ import annotations

from typing import Any

from portal.sandbox.controls import Asked, control
from portal.sandbox.views import shown

_TIME = "Time"
_OBJECTS = "Accounts and objects"


@control(
    _TIME,
    "POST",
    "/clock",
    "Moves time forward, by seconds or to a moment, and does all that falls due on the way:"
    " trials end, periods renew, drafts become final. Customers on a test clock stay in its"
    " time. Backwards is answered 400.",
    body='{"advance": 86400}   or   {"to": 1796515200}',
    answer='{"now": 1796515200, "offset": 86400}',
)
@control(
    _TIME,
    "GET",
    "/clock",
    "Tells the account's time and how far it was moved.",
    answer='{"now": 1796428800, "offset": 0}',
)
def _clock(asked: Asked) -> Any:
    account, given = asked.account, asked.given
    now = account.account_time()
    ahead = int(given["to"]) - now if "to" in given else int(given.get("advance", 0))
    if ahead < 0:
        raise ValueError("The clock only goes forward.")
    if ahead:
        with account.transaction():
            account.edit("_settings", "settings")["clock_offset"] += ahead
        asked.sandbox.agenda.run_due(account)
        asked.sandbox.courier.wake(account)
    return {"now": account.account_time(), "offset": account.settings()["clock_offset"]}


@control(
    _OBJECTS,
    "POST",
    "/accounts",
    "Opens another account, or gives the one of a key. Tests run side by side like this. A key that"
    " begins with sk_live_ makes a live account: livemode is true on all its objects. Its address"
    " answers for this account alone; the API's usual one goes by the key.",
    body='{"key": "sk_test_mine", "livemode": false}   both may be left out',
    answer='{"account": "acct_…", "key": "sk_test_…", "livemode": false,'
    ' "address": "http://…/acct/acct_…"}',
)
def _open(asked: Asked) -> Any:
    given = asked.given
    account = asked.sandbox.open_account(given.get("key"), livemode=given.get("livemode", False))
    return {
        "account": account.id,
        "key": account.key,
        "livemode": account.livemode,
        "address": f"{account.public_url}/acct/{account.id}",
    }


@control(
    _OBJECTS,
    "GET",
    "/objects",
    "Counts the account's objects by type; ?type=customer gives those as well.",
    answer='{"counts": {"customer": 1}}   with a type also {"objects": […], "count": 1}',
)
def _objects(asked: Asked) -> Any:
    account = asked.account
    counts = {
        kind: sum(not row.get("deleted") for row in rows.values())
        for kind, rows in account.rows.items()
        if rows and not kind.startswith("_")
    }
    if "type" not in asked.query:
        return {"counts": counts}
    kind = asked.query["type"]
    objects = [shown(account, row) for row in account.kind(kind).values()]
    return {"objects": objects, "count": counts.get(kind, 0), "counts": counts}


@control(
    _OBJECTS,
    "POST",
    "/reset",
    "Empties the account: objects, requests, faults and clock.",
    answer='{"account": "acct_…", "key": "sk_test_…"}',
)
def _reset(asked: Asked) -> Any:
    asked.sandbox.reset(asked.account)
    return {"account": asked.account.id, "key": asked.account.key}

"""The control API, `/_sandbox/…`: what a test or a person does to this Stripe from behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from portal.sandbox.account import Account, Row
from portal.sandbox.door import find_account
from portal.sandbox.errors import StripeError
from portal.sandbox.events import queue
from portal.sandbox.faults import read_faults
from portal.sandbox.views import shown
from portal.sandbox.wire import Answer, Request, as_json
from portal.sandbox.world import Sandbox

Query = dict[str, str]
Control = Callable[[Sandbox, Account, Any, Query], Any]


async def answer(sandbox: Sandbox, request: Request) -> Answer:
    """Answer one request to the control API."""
    path = request.path.removeprefix("/_sandbox").rstrip("/")
    try:
        given = json.loads(request.body or b"{}")
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        if (request.method, path) == ("POST", "/accounts"):
            return as_json(200, _open(sandbox, given))
        found, extra = _find(request.method, path)
        account = _account(sandbox, request, query)
        sandbox.agenda.run_due(account)
        return as_json(200, found(sandbox, account, given, query | extra))
    except StripeError as refusal:
        return as_json(refusal.status, refusal.body())
    except (ValueError, TypeError, KeyError) as problem:
        return as_json(400, {"error": {"message": f"{type(problem).__name__}: {problem}"}})


def _find(method: str, path: str) -> tuple[Control, Query]:
    if method == "POST" and path.startswith("/events/") and path.endswith("/replay"):
        return _replay, {"event": path.split("/")[2]}
    if (method, path) not in CONTROLS:
        raise StripeError(404, f"The control API has no {method} {path}.")
    return CONTROLS[method, path], {}


def _account(sandbox: Sandbox, request: Request, query: Query) -> Account:
    if "key" in query:
        request.headers["authorization"] = f"Bearer {query['key']}"
    elif "authorization" not in request.headers:
        return next(iter(sandbox.accounts.values()))
    return find_account(sandbox, request)


def _open(sandbox: Sandbox, given: Row) -> Row:
    account = sandbox.open_account(given.get("key"))
    return {"account": account.id, "key": account.key}


def _requests(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    since = float(query.get("since", 0))
    return {"requests": [seen for seen in account.requests if seen["time"] > since]}


def _clear_requests(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    account.requests.clear()
    return {"requests": []}


def _clock(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    now = account.account_time()
    ahead = int(given["to"]) - now if "to" in given else int(given.get("advance", 0))
    if ahead < 0:
        raise ValueError("The clock only goes forward.")
    if ahead:
        with account.transaction():
            account.edit("_settings", "settings")["clock_offset"] += ahead
        sandbox.agenda.run_due(account)
    return {"now": account.account_time(), "offset": account.settings()["clock_offset"]}


def _faults(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    return {"faults": [fault.described() for fault in account.faults]}


def _add_faults(sandbox: Sandbox, account: Account, given: Any, query: Query) -> Any:
    listed = given if isinstance(given, list) else given.get("faults", [given])
    account.faults.extend(read_faults(listed))
    return _faults(sandbox, account, {}, query)


def _clear_faults(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    account.faults.clear()
    return {"faults": []}


def _events(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    events = account.kind("event").values()
    if "type" in query:
        return {"events": [event for event in events if event["type"] == query["type"]]}
    return {"events": list(events)}


def _replay(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    event = account.get("event", query["event"])
    if event is None:
        raise StripeError(404, f"No such event: '{query['event']}'")
    with account.transaction():
        made = queue(account, event, once_more=int(given.get("times", 1)))
        account.edit("event", event["id"])["pending_webhooks"] += made
    return {"event": event["id"], "deliveries": made}


def _webhooks(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    if unknown := given.keys() - account.settings()["webhooks"].keys():
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    if given:
        with account.transaction():
            account.edit("_settings", "settings")["webhooks"] |= given
        if "seed" in given:
            sandbox.courier.seed(given["seed"])
        sandbox.courier.wake()
    return account.settings()["webhooks"]


def _deliveries(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    rows = account.kind("_delivery").values()
    return {"deliveries": [row for row in rows if query.get("state") in (None, row["state"])]}


def _objects(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    counts = {
        kind: sum(not row.get("deleted") for row in rows.values())
        for kind, rows in account.rows.items()
        if rows and not kind.startswith("_")
    }
    if "type" not in query:
        return {"counts": counts}
    rows = account.kind(query["type"]).values()
    objects = [shown(account, row) for row in rows]
    return {"objects": objects, "count": counts.get(query["type"], 0), "counts": counts}


def _latency(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    account.latency_s = float(given.get("seconds", account.latency_s))
    return {"seconds": account.latency_s}


def _limit(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    if "per_second" in given:
        limit = given["per_second"]
        account.limit_per_s = None if limit is None else float(limit)
    return {"per_second": account.limit_per_s}


def _reset(sandbox: Sandbox, account: Account, given: Row, query: Query) -> Any:
    sandbox.reset(account)
    return {"account": account.id, "key": account.key}


CONTROLS: dict[tuple[str, str], Control] = {
    ("GET", "/requests"): _requests,
    ("DELETE", "/requests"): _clear_requests,
    ("GET", "/clock"): _clock,
    ("POST", "/clock"): _clock,
    ("GET", "/faults"): _faults,
    ("POST", "/faults"): _add_faults,
    ("DELETE", "/faults"): _clear_faults,
    ("GET", "/events"): _events,
    ("GET", "/webhooks"): _webhooks,
    ("POST", "/webhooks"): _webhooks,
    ("GET", "/deliveries"): _deliveries,
    ("GET", "/objects"): _objects,
    ("GET", "/latency"): _latency,
    ("POST", "/latency"): _latency,
    ("GET", "/limit"): _limit,
    ("POST", "/limit"): _limit,
    ("POST", "/reset"): _reset,
}

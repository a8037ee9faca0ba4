"""What the control page's forms do: each is a call of the control API."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portal.sandbox import control
from portal.sandbox.account import Account
from portal.sandbox.billing_portal import create_session
from portal.sandbox.control_views import next_end
from portal.sandbox.errors import StripeError
from portal.sandbox.mishaps import MISHAPS
from portal.sandbox.operations import Call
from portal.sandbox.periods import DAY_S, shifted
from portal.sandbox.rendering import Typed
from portal.sandbox.wire import Request
from portal.sandbox.world import Sandbox


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a form."""

    problem: str = ""
    leads_to: str = ""


_FURTHEST_S = 100 * 365 * DAY_S
_Call = tuple[str, str, Any]
"""Method, path and body for the control API."""


async def do(sandbox: Sandbox, account: Account, name: str, typed: Typed) -> Done | None:
    """Do what a form says; None: there is no such form."""
    if name == "session":
        return _open_session(account, typed)
    form = _FORMS.get(name)
    if form is None:
        return None
    try:
        method, path, body = form(account, typed)
    except (ValueError, KeyError):
        return Done("The form was not filled in as expected.")
    headers = {"authorization": f"Bearer {account.key}"}
    request = Request(method, f"/_sandbox/{path}", "", headers, json.dumps(body).encode())
    answer = await control.answer(sandbox, request)
    if answer.status == 200:
        return Done()
    return Done(str(json.loads(answer.body)["error"]["message"]))


def _open_session(account: Account, typed: Typed) -> Done:
    back = f"{account.public_url}/_sandbox/?account={account.id}"
    params = {"customer": typed.get("customer", ""), "return_url": back}
    try:
        with account.transaction():
            session = create_session(Call(account, "/v1/billing_portal/sessions", {}, params))
    except StripeError as refusal:
        return Done(str(refusal.error["message"]))
    return Done(leads_to=str(session["url"]))


def _clock(account: Account, typed: Typed) -> _Call:
    return "POST", "clock", {"to": _moment(account, typed["to"], typed.get("at", ""))}


def _moment(account: Account, to: str, at: str) -> int:
    now = account.account_time()
    if to == "date":
        return min(
            now + _FURTHEST_S, int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp())
        )
    if to == "next":
        end = next_end(account)
        return now if end is None else end[0]
    return {"hour": now + 3600, "day": now + DAY_S, "month": shifted(now, "month", 1)}[to]


def _faults(account: Account, typed: Typed) -> _Call:
    if typed.get("fault") == "none":
        return "DELETE", "faults", {}
    fault = dict(MISHAPS[typed["fault"]][1])
    if typed.get("times"):
        fault["times"] = int(typed["times"])
    for name in ("match", "email"):
        if typed.get(name):
            fault[name] = typed[name]
    return "POST", "faults", fault


def _limit(account: Account, typed: Typed) -> _Call:
    limits = {name: _whole(typed.get(name, "")) for name in ("per_second", "per_endpoint")}
    return "POST", "limit", limits


def _whole(typed: str) -> int | None:
    return int(typed) if typed.strip() else None


def _webhooks(account: Account, typed: Typed) -> _Call:
    settings = {
        "paused": "paused" in typed,
        "shuffle": "shuffle" in typed,
        "drop": _share(typed["drop"]),
        "duplicate": _share(typed["duplicate"]),
        "not_generated": _share(typed.get("not_generated", "0")),
        "delay": int(typed.get("delay") or 0),
        "signature": typed.get("signature", "right"),
    }
    return "POST", "webhooks", settings


def _share(percent: str) -> float:
    share = int(percent) / 100
    if not 0 <= share <= 1:
        raise ValueError(percent)
    return share


def _events(account: Account, typed: Typed) -> _Call:
    return "POST", f"events/{typed['event']}/replay", {}


def _undelivered(account: Account, typed: Typed) -> _Call:
    return "POST", "events/replay", {"undelivered": True}


def _revoke(account: Account, typed: Typed) -> _Call:
    return "POST", f"keys/{typed['key']}/revoke", {}


def _restore(account: Account, typed: Typed) -> _Call:
    return "POST", f"keys/{typed['key']}/restore", {}


def _requests(account: Account, typed: Typed) -> _Call:
    return "DELETE", "requests", {}


def _dunning(account: Account, typed: Typed) -> _Call:
    return "POST", "dunning", {"after_last_try": typed["after_last_try"]}


_FORMS: dict[str, Callable[[Account, Typed], _Call]] = {
    "clock": _clock,
    "faults": _faults,
    "dunning": _dunning,
    "limit": _limit,
    "undelivered": _undelivered,
    "revoke": _revoke,
    "restore": _restore,
    "webhooks": _webhooks,
    "events": _events,
    "requests": _requests,
}

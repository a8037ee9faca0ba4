"""What a chaos test asks at its end, and what a person would do in Stripe's Dashboard."""

from __future__ import annotations

import json
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.controls import Asked, control
from portal.sandbox.effect import Visit, perform
from portal.sandbox.errors import StripeError
from portal.sandbox.operations import find_operation
from portal.sandbox.truth import truth_of
from portal.sandbox.wire import Request

_TRUTH = "Truth and Dashboard"


@control(
    _TRUTH,
    "GET",
    "/truth",
    "Gives all customers and subscriptions in few words, oldest first, to be compared with copies"
    " of them in one call. A deleted customer has only its id and deleted.",
    answer='{"now": 1796428800, "customers": [{"id", "email", "name", "metadata", "created",'
    ' "deleted"}], "subscriptions": [{"id", "status", "customer", "items": [{"id", "price",'
    ' "quantity"}], "trial_end", "current_period_end", "cancel_at_period_end", "cancel_at",'
    ' "canceled_at", "ended_at", "pause_collection", "metadata", "created"}]}',
)
def _truth(asked: Asked) -> Any:
    return truth_of(asked.account)


@control(
    _TRUTH,
    "POST",
    "/dashboard",
    "Does what a person would in the Dashboard: any operation of the API, one or a list of them,"
    " past keys, limits, faults and the list of requests. With event false it leaves no event, as"
    " when Stripe fails to generate one. What is refused is answered with its status and ends the"
    " list; what came before stays.",
    body='{"method": "DELETE", "path": "/v1/customers/cus_…", "params": {}, "event": true}',
    answer='{"done": [{"id": "cus_…", "object": "customer", "deleted": true}]}',
)
def _dashboard(asked: Asked) -> Any:
    acts = asked.given if isinstance(asked.given, list) else [asked.given]
    return {"done": [_do(asked.account, act) for act in acts]}


def _do(account: Account, act: dict[str, Any]) -> Any:
    method, path = act["method"], act["path"]
    found, ids = find_operation(method, path)
    params = _as_form(act.get("params", {}))
    visit = Visit(account, Request(method, path, "", {}, b""), params, None, "")
    account.conditions.is_silent = not act.get("event", True)
    try:
        answer = perform(visit, found, ids)
    finally:
        account.conditions.is_silent = False
    body = json.loads(answer.body)
    if answer.status != 200:
        raise StripeError(answer.status, body["error"]["message"])
    return body


def _as_form(value: Any) -> Any:
    """Turn JSON into what a form would have carried."""
    if isinstance(value, dict):
        return {name: _as_form(each) for name, each in value.items()}
    if isinstance(value, list):
        return {str(position): _as_form(each) for position, each in enumerate(value)}
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)

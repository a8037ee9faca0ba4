"""The control API, `/_sandbox/…`: what a test or a person does to this Stripe from behind."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from portal.sandbox import (  # noqa: F401 - each brings its addresses with it
    control_faults,
    control_keys,
    control_objects,
    control_refunds,
    control_search,
    control_truth,
    control_webhooks,
)
from portal.sandbox.account import Account
from portal.sandbox.controls import Asked, find_control
from portal.sandbox.errors import StripeError
from portal.sandbox.keys import find_account
from portal.sandbox.wire import Answer, Request, as_json
from portal.sandbox.world import Sandbox


async def answer(sandbox: Sandbox, request: Request) -> Answer:
    """Answer one request to the control API."""
    path = request.path.removeprefix("/_sandbox").rstrip("/")
    try:
        given = json.loads(request.body or b"{}")
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        found, names = find_control(request.method, path)
        account = _account(sandbox, request, query)
        sandbox.agenda.run_due(account)
        return as_json(200, found.run(Asked(sandbox, account, given, query | names)))
    except StripeError as refusal:
        return as_json(refusal.status, refusal.body())
    except (ValueError, TypeError, KeyError) as problem:
        return as_json(400, {"error": {"message": f"{type(problem).__name__}: {problem}"}})


def _account(sandbox: Sandbox, request: Request, query: dict[str, str]) -> Account:
    if request.path.rstrip("/") == "/_sandbox/accounts":
        return next(iter(sandbox.accounts.values()))
    if "key" in query:
        request.headers["authorization"] = f"Bearer {query['key']}"
    elif "authorization" not in request.headers and request.account:
        return sandbox.account_named(request.account)
    elif "authorization" not in request.headers:
        return next(iter(sandbox.accounts.values()))
    return find_account(sandbox, request)

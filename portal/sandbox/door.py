"""The API's door: whose key, which operation, seen before, what goes wrong, and the answer."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from dataclasses import dataclass, field
from typing import Any

from portal.sandbox import faults, idempotency
from portal.sandbox.account import Account, Row, new_id
from portal.sandbox.errors import StripeError, invalid
from portal.sandbox.events import API_VERSION
from portal.sandbox.faults import Fault
from portal.sandbox.forms import read_form
from portal.sandbox.operations import Call, Operation, find_operation
from portal.sandbox.schema import reader_of
from portal.sandbox.views import expand
from portal.sandbox.wire import Answer, ConnectionLost, Request
from portal.sandbox.world import Sandbox

HANG_S = 600.0


@dataclass(slots=True)
class Visit:
    """One request on its way through."""

    account: Account
    request: Request
    params: dict[str, Any]
    key: str | None
    print_: str
    id: str = field(default_factory=lambda: new_id("req", 14))
    replayed: bool = False


async def answer_api(sandbox: Sandbox, request: Request) -> Answer:
    """Answer one request to `/v1/…`.

    Raises:
        ConnectionLost: a fault cut the connection.
    """
    try:
        account = find_account(sandbox, request)
    except StripeError as refusal:
        return _written(refusal.status, refusal.body(), new_id("req", 14), request)
    sandbox.agenda.run_due(account)
    started = time.perf_counter()
    visit = Visit(account, request, {}, None, "")
    status = 0
    try:
        answer = await _answer(visit)
        status = answer.status
        return answer
    finally:
        _log(visit, status, time.perf_counter() - started)


def find_account(sandbox: Sandbox, request: Request) -> Account:
    """Find the account of the request's API key.

    Raises:
        StripeError: 401, there is no key or nobody has it.
    """
    key = _key(request.headers.get("authorization", ""))
    if not key:
        raise StripeError(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization"
            " header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            saved=False,
        )
    if key not in sandbox.accounts:
        shown = f"{key[:8]}{'*' * max(len(key) - 12, 0)}{key[-4:]}"
        raise StripeError(401, f"Invalid API Key provided: {shown}", saved=False)
    return sandbox.accounts[key]


def _key(authorization: str) -> str:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return rest.strip() if scheme.lower() == "bearer" else ""


async def _answer(visit: Visit) -> Answer:
    account, request = visit.account, visit.request
    try:
        _check_limit(account)
        has_body = request.method == "POST"
        visit.params = read_form(request.body.decode() if has_body else request.query)
        found, ids = find_operation(request.method, request.path)
        kept = _begin(visit)
    except (StripeError, UnicodeDecodeError) as refusal:
        return _refused(
            visit, refusal if isinstance(refusal, StripeError) else invalid("Invalid form")
        )
    if kept:
        visit.replayed = True
        return _written(kept["status"], kept["body"], kept["request"], request, replayed=True)
    try:
        if account.latency_s:
            await asyncio.sleep(account.latency_s)
        fault = faults.striking(account, request.method, request.path)
        return await _with_fault(visit, found, ids, fault)
    finally:
        account.in_flight.discard(visit.key or "")


def _check_limit(account: Account) -> None:
    """Refuse what exceeds the account's limit, counting the last second's answered requests."""
    if account.limit_per_s is None:
        return
    since = time.time() - 1
    recent = 0
    for seen in reversed(account.requests):
        if seen["time"] < since:
            break
        recent += seen["status"] != 429
    if recent >= account.limit_per_s:
        raise faults.Fault("", "status", status=429).error()


def _begin(visit: Visit) -> Row | None:
    request = visit.request
    visit.key = request.headers.get("idempotency-key") if request.method == "POST" else None
    if visit.key is None:
        return None
    if len(visit.key) > 255:
        raise invalid("Idempotency keys can be at most 255 characters long.")
    visit.print_ = idempotency.fingerprint(request.method, request.path, visit.params)
    return idempotency.begin(visit.account, visit.key, visit.print_)


async def _with_fault(
    visit: Visit, found: Operation, ids: dict[str, str], fault: Fault | None
) -> Answer:
    if fault is None:
        return perform(visit, found, ids)
    answer = perform(visit, found, ids) if fault.when == "after" else None
    if fault.when == "late":
        asyncio.get_running_loop().call_later(fault.delay, perform, visit, found, ids)
    elif fault.delay and fault.fault != "hang":
        await asyncio.sleep(fault.delay)
    if fault.fault == "hang":
        await asyncio.sleep(fault.delay or HANG_S)
    if fault.fault in ("hang", "reset"):
        raise ConnectionLost
    if fault.fault == "delay":
        return answer or perform(visit, found, ids)
    return _refused(visit, _kept(visit, fault.error()), fault.headers)


def perform(visit: Visit, found: Operation, ids: dict[str, str]) -> Answer:
    """Do it, whole or not at all, and keep the result under its key in the same transaction."""
    account, request = visit.account, visit.request
    account.request = {"id": visit.id, "idempotency_key": visit.key}
    try:
        params = _read(found, visit.params)
        with account.transaction():
            try:
                body = found.run(Call(account, request.path, ids, params))
            except StripeError as refusal:
                if not refusal.stays:
                    raise
                return _refused(visit, _kept(visit, refusal))
            expand(account, body, params.get("expand") or [])
            if visit.key and account.get("_idempotency", visit.key) is None:
                _keep(visit, 200, body)
        return _written(200, body, visit.id, request)
    except StripeError as refusal:
        return _refused(visit, _kept(visit, refusal))
    finally:
        account.request = {"id": None, "idempotency_key": None}


def _read(found: Operation, params: dict[str, Any]) -> dict[str, Any]:
    if found.schema is None:
        if unknown := [name for name in params if name != "expand"]:
            raise invalid(
                f"Received unknown parameter: {unknown[0]}", unknown[0], "parameter_unknown"
            )
        return {}
    read: dict[str, Any] = reader_of(found.schema)(params, ())
    return read


def _kept(visit: Visit, refusal: StripeError) -> StripeError:
    if refusal.saved and visit.key:
        _keep(visit, refusal.status, refusal.body())
    return refusal


def _keep(visit: Visit, status: int, body: Row) -> None:
    idempotency.keep(visit.account, visit.key or "", visit.print_, status, body, visit.id)


def _refused(visit: Visit, refusal: StripeError, headers: dict[str, str] | None = None) -> Answer:
    answer = _written(refusal.status, refusal.body(), visit.id, visit.request)
    answer.headers |= headers or {}
    return answer


def _written(
    status: int, body: Row, request_id: str, request: Request, *, replayed: bool = False
) -> Answer:
    answer = Answer(status, json.dumps(body).encode())
    answer.headers["Request-Id"] = request_id
    answer.headers["Stripe-Version"] = request.headers.get("stripe-version", API_VERSION)
    if key := request.headers.get("idempotency-key"):
        answer.headers["Idempotency-Key"] = key
    if replayed:
        answer.headers["Idempotent-Replayed"] = "true"
        answer.headers["Original-Request"] = request_id
    return answer


def _log(visit: Visit, status: int, duration: float) -> None:
    visit.account.requests.append(
        {
            "id": visit.id,
            "method": visit.request.method,
            "path": visit.request.path,
            "params": visit.params,
            "idempotency_key": visit.request.headers.get("idempotency-key"),
            "status": status or None,
            "replayed": visit.replayed,
            "time": time.time() - duration,
            "duration": duration,
        }
    )

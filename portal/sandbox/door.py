"""The API's door: whose key, which operation, seen before, what goes wrong, and the answer."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate

from portal.sandbox import faults, idempotency, late
from portal.sandbox.account import Account
from portal.sandbox.effect import Visit, kept, perform, refused, written
from portal.sandbox.errors import StripeError, invalid
from portal.sandbox.faults import Arrival, Fault
from portal.sandbox.forms import read_form
from portal.sandbox.keys import find_account, key_of, require_permission, require_valid
from portal.sandbox.lookup import email_concerned
from portal.sandbox.operations import Operation, find_operation
from portal.sandbox.rows import Row, new_id
from portal.sandbox.wire import Answer, ConnectionLost, Request
from portal.sandbox.world import Sandbox

HANG_S = 600.0


async def answer_api(sandbox: Sandbox, request: Request) -> Answer:
    """Answer one request to `/v1/…`.

    Raises:
        ConnectionLost: a fault cut the connection.
    """
    try:
        account = find_account(sandbox, request)
    except StripeError as refusal:
        return written(refusal.status, refusal.body(), new_id("req", 14), request)
    sandbox.agenda.run_due(account)
    started = time.perf_counter()
    visit = Visit(account, request, {}, None, "")
    status = 0
    try:
        answer = await _answer(visit)
        status = answer.status
        if skew := account.conditions.date_skew_s:
            answer.headers["Date"] = formatdate(time.time() + skew, usegmt=True)
        return answer
    finally:
        _log(visit, status, time.perf_counter() - started)


async def _answer(visit: Visit) -> Answer:
    account, request = visit.account, visit.request
    try:
        require_valid(account, key_of(request))
        found, ids = _let_in(account, request)
        require_permission(account, key_of(request), found)
        visit.params = _read_params(request)
        before = _begin(visit)
    except StripeError as refusal:
        return refused(visit, refusal)
    visit.replayed = before is not None
    try:
        if account.conditions.latency_s:
            await asyncio.sleep(account.conditions.latency_s)
        fault = _fault(visit, found, ids)
        if before is not None:
            return await _repeat(visit, before, fault)
        return await _with_fault(visit, found, ids, fault)
    finally:
        if before is None:
            account.in_flight.discard(visit.key or "")


def _let_in(account: Account, request: Request) -> tuple[Operation, dict[str, str]]:
    """Find the operation, and let the request in if the account's limits allow one more."""
    try:
        found, ids = find_operation(request.method, request.path)
    except StripeError:
        account.conditions.gauge.admit(f"{request.method} {request.path}")
        raise
    account.conditions.gauge.admit(found.address)
    return found, ids


def _read_params(request: Request) -> dict[str, object]:
    try:
        return read_form(request.body.decode() if request.method == "POST" else request.query)
    except UnicodeDecodeError:
        raise invalid("Invalid form") from None


def _begin(visit: Visit) -> Row | None:
    request = visit.request
    visit.key = request.headers.get("idempotency-key") if request.method == "POST" else None
    if visit.key is None:
        return None
    if len(visit.key) > 255:
        raise invalid("Idempotency keys can be at most 255 characters long.")
    visit.print_ = idempotency.fingerprint(request.method, request.path, visit.params)
    return idempotency.begin(visit.account, visit.key, visit.print_)


def _fault(visit: Visit, found: Operation, ids: dict[str, str]) -> Fault | None:
    account, request = visit.account, visit.request
    if not account.conditions.faults:
        return None
    email = email_concerned(account, visit.params, ids)
    arrival = Arrival(request.method, request.path, found.address, email, visit.replayed)
    return faults.striking(account.conditions.faults, arrival)


async def _repeat(visit: Visit, before: Row, fault: Fault | None) -> Answer:
    """Give the kept answer once more, unless it gets lost or is too much."""
    if fault is not None:
        await _wait(visit, fault)
        if fault.fault == "status":
            return refused(visit, fault.error(), fault.headers)
    return written(
        before["status"], before["body"], before["request"], visit.request, replayed=True
    )


async def _with_fault(
    visit: Visit, found: Operation, ids: dict[str, str], fault: Fault | None
) -> Answer:
    if fault is None:
        return perform(visit, found, ids)
    answer = perform(visit, found, ids) if fault.when == "after" else None
    if fault.when == "late":
        late.put_off(visit, fault.delay)
    await _wait(visit, fault)
    if fault.fault == "delay":
        return answer or perform(visit, found, ids)
    return refused(visit, kept(visit, fault.error()), fault.headers)


async def _wait(visit: Visit, fault: Fault) -> None:
    """Let a fault's time pass.

    Raises:
        ConnectionLost: nothing comes after it.
    """
    if fault.fault == "hang":
        await visit.request.wait_until_left(fault.delay or HANG_S)
    elif fault.delay and fault.when != "late":
        await asyncio.sleep(fault.delay)
    if fault.fault in ("hang", "reset"):
        raise ConnectionLost


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

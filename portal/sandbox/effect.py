"""One operation: done whole or not at all, its result kept under its key, and answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from portal.sandbox import idempotency
from portal.sandbox.account import Account
from portal.sandbox.errors import StripeError, invalid
from portal.sandbox.events import API_VERSION
from portal.sandbox.operations import Call, Operation
from portal.sandbox.rows import Row, new_id
from portal.sandbox.schema import reader_of
from portal.sandbox.views import expand
from portal.sandbox.wire import Answer, Request


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
                return refused(visit, kept(visit, refusal))
            expand(account, body, params.get("expand") or [])
            if visit.key and account.get("_idempotency", visit.key) is None:
                _keep(visit, 200, body)
        return written(200, body, visit.id, request)
    except StripeError as refusal:
        return refused(visit, kept(visit, refusal))
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


def kept(visit: Visit, refusal: StripeError) -> StripeError:
    """Give the refusal, kept under the request's key if it is one that Stripe keeps."""
    if refusal.saved and visit.key:
        _keep(visit, refusal.status, refusal.body())
    return refusal


def _keep(visit: Visit, status: int, body: Row) -> None:
    idempotency.keep(visit.account, visit.key or "", visit.print_, status, body, visit.id)


def refused(visit: Visit, refusal: StripeError, headers: dict[str, str] | None = None) -> Answer:
    """Answer with a refusal."""
    answer = written(refusal.status, refusal.body(), visit.id, visit.request)
    answer.headers |= refusal.headers | (headers or {})
    return answer


def written(
    status: int, body: Row, request_id: str, request: Request, *, replayed: bool = False
) -> Answer:
    """Write an answer down as Stripe does."""
    answer = Answer(status, msgspec.json.encode(body))
    answer.headers["Request-Id"] = request_id
    answer.headers["Stripe-Version"] = request.headers.get("stripe-version", API_VERSION)
    if key := request.headers.get("idempotency-key"):
        answer.headers["Idempotency-Key"] = key
    if replayed:
        answer.headers["Idempotent-Replayed"] = "true"
        answer.headers["Original-Request"] = request_id
    return answer

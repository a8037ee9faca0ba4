"""A request that may come twice (Idempotency-Key): done once, and answered alike each time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal import clock
from portal.access.keys import Caller
from portal.clock import stored_moment
from portal.customers.erased import is_erased
from portal.database import run_sql, transaction
from portal.errors import PortalError
from portal.sealing import seal, sign, unseal

LEASE = timedelta(seconds=30)
KEPT = timedelta(hours=48)
_NAME, _REQUEST, _ANSWER = "repeat", "repeated request", "repeated answer"
_AT_ONCE, _GONE = 1000, 410


class Mismatch(PortalError):
    """The same Idempotency-Key came with another request."""

    status = 422
    code = "idempotency_key_mismatch"
    sentence = "This Idempotency-Key was sent with another request before."


class InUse(PortalError):
    """The same request is under way: it is answered in a moment."""

    status = 409
    code = "idempotency_key_in_use"
    sentence = "The same request is under way. Ask again in a moment."
    retry = True


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that is ours to do. made: what a try before it has made; None: nothing yet."""

    id: str
    lease_until: datetime
    made: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What the request was answered before.

    about: the customer of whom nothing is told again, as they are deleted or erased since.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    about: str | None = None


async def begin(caller: Caller, name: str, request: str) -> Begun | Answered:
    """Begin with a request, or take over one whose server died, or return how it was answered.

    Raises:
        Mismatch: it is another request than the one of that name.
        InUse: it is under way.
    """
    id, mac = sign(f"{caller.key_id}|{name}", _NAME), sign(request, _REQUEST)
    now = clock.now()
    written = await run_sql(
        "INSERT INTO answered (id, company, api_key, request_mac, state, lease_until, headers,"
        " created_at) VALUES ({}, {}, {}, {}, 'running', {}, {}, {})"
        " ON CONFLICT (id) DO NOTHING RETURNING id",
        *(id, caller.company, caller.key_id, mac, now + LEASE, "{}", now),
    )
    if written:
        return Begun(id, now + LEASE)
    rows = await run_sql("SELECT * FROM answered WHERE id = {}", id)
    if not rows:
        raise InUse  # It was given up this very moment.
    if rows[0]["request_mac"] != mac:
        raise Mismatch
    (row,) = rows
    return _answered(row) if row["state"] == "done" else await _take_over(row, now)


async def note_made(begun: Begun, object_id: str) -> None:
    """Write down what the request makes, in the transaction that makes it: never a second one.

    Raises:
        InUse: somebody else took the request over; nothing may be made here.
    """
    customer = object_id if object_id.startswith("cust_") else None
    noted = await run_sql(
        "UPDATE answered SET made = {}, customer = COALESCE({}, customer)"
        " WHERE id = {} AND state = 'running' AND lease_until = {} AND made IS NULL RETURNING id",
        *(object_id, customer, begun.id, begun.lease_until),
    )
    if not noted:
        raise InUse


async def finish(
    begun: Begun, status: int, headers: Mapping[str, str], body: bytes, *, customer: str | None
) -> None:
    """Keep an answer, sealed, for who asks again; nothing of somebody who was erased meanwhile.

    Raises:
        InUse: it is not ours to give: somebody took the request over, or it tells of nobody now.
    """
    sealed = seal(body.decode("latin-1"), _ANSWER)
    async with transaction():
        is_gone = bool(customer) and await is_erased(str(customer))
        kept = await run_sql(
            "UPDATE answered SET state = 'done', status = {}, headers = {}, body = {},"
            " customer = COALESCE({}, customer)"
            " WHERE id = {} AND lease_until = {} AND state = 'running' RETURNING id",
            *((_GONE, "{}", None) if is_gone else (status, json.dumps(dict(headers)), sealed)),
            *(customer, begun.id, begun.lease_until),
        )
    if not kept:
        raise InUse


async def refuse(begun: Begun, status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Keep a refusal as the answer, also of who was deleted for it; False: it is not ours to."""
    kept = await run_sql(
        "UPDATE answered SET state = 'done', status = {}, headers = {}, body = {}"
        " WHERE id = {} AND lease_until = {} AND body IS NULL AND (customer IS NULL"
        " OR customer IN (SELECT id FROM customer WHERE status <> 'erased')) RETURNING id",
        *(status, json.dumps(dict(headers)), seal(body.decode("latin-1"), _ANSWER)),
        *(begun.id, begun.lease_until),
    )
    return bool(kept)


async def empty_answers(customer: str) -> None:
    """Tell nothing again of a customer who is gone, in the transaction that deletes or erases them.

    The requests stay known: who sends one again makes nobody anew.
    """
    await run_sql(
        "UPDATE answered SET state = 'done', status = {}, headers = {}, body = NULL"
        " WHERE customer = {}",
        *(_GONE, "{}", customer),
    )


async def forget_request_for(customer: str) -> None:
    """Forget the request under way that made a customer of whom nothing came, in a transaction."""
    await run_sql("DELETE FROM answered WHERE customer = {} AND state = 'running'", customer)


async def release(begun: Begun) -> None:
    """Forget a request that came to nothing; of one that made something, only who does it."""
    mine = (begun.id, begun.lease_until)
    async with transaction():
        await run_sql(
            "DELETE FROM answered WHERE id = {} AND lease_until = {} AND made IS NULL"
            " AND state = 'running'",
            *mine,
        )
        await run_sql(
            "UPDATE answered SET lease_until = {} WHERE id = {} AND lease_until = {}"
            " AND state = 'running'",
            *(clock.now(), *mine),
        )


async def forget_repeats() -> None:
    """Forget what was answered two days ago."""
    await run_sql(
        "DELETE FROM answered WHERE id IN (SELECT id FROM answered WHERE created_at < {} LIMIT {})",
        *(clock.now() - KEPT, _AT_ONCE),
    )


async def _take_over(row: Mapping[str, Any], now: datetime) -> Begun:
    """Go on with what somebody began who is not heard of any more."""
    until = stored_moment(row["lease_until"])
    if now < until <= now + 2 * LEASE:
        raise InUse
    taken = await run_sql(
        "UPDATE answered SET lease_until = {} WHERE id = {} AND state = 'running'"
        " AND lease_until = {} RETURNING made",
        *(now + LEASE, row["id"], until),
    )
    if not taken:
        raise InUse
    return Begun(row["id"], now + LEASE, taken[0]["made"])


def _answered(row: Mapping[str, Any]) -> Answered:
    if row["body"] is None:
        return Answered(_GONE, {}, b"", about=row["customer"])
    body = unseal(row["body"], _ANSWER).encode("latin-1")
    return Answered(row["status"], json.loads(row["headers"]), body)

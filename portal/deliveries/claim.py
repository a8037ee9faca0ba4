"""Take deliveries that are due, under a lease, and write down what came of each."""

# ruff: noqa: S608
# What is put together into SQL here are constants of ours.

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal import clock
from portal.audit.record import record
from portal.database import run_sql, skip_locked, transaction
from portal.deliveries.endpoint import secrets_of
from portal.deliveries.endpoints import skip_waiting
from portal.deliveries.listeners import forget_listeners
from portal.deliveries.schedule import next_try
from portal.deliveries.signature import Secret
from portal.deliveries.wire import Answer
from portal.ids import new_id

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
OFF_AFTER = timedelta(days=5)
"""How long an endpoint may take nothing at all before we turn it off."""
_GONE = 410
_MOST = 200

# A lease far in the future was written by a clock that jumped: it counts as run out.
_IS_DUE = """state = 'waiting' AND next_at <= {}
 AND (lease_until IS NULL OR lease_until < {} OR lease_until > {})"""
_WHO = f"""SELECT id FROM webhook_endpoint AS told WHERE state = 'on' AND EXISTS (SELECT 1
 FROM webhook_delivery WHERE endpoint = told.id AND {_IS_DUE}) ORDER BY id LIMIT {_MOST}"""
_LEASE_IT = """UPDATE webhook_delivery SET lease_token = {}, lease_until = {},
 attempts = attempts + 1, tried_at = {} WHERE id IN (SELECT id FROM chosen)"""
_TAKEN = """SELECT delivery.id, delivery.attempts, event.id AS message, event.body, event.company,
 endpoint.id AS endpoint, endpoint.url, endpoint.secrets
 FROM webhook_delivery AS delivery JOIN webhook_event AS event ON event.id = delivery.event
 JOIN webhook_endpoint AS endpoint ON endpoint.id = delivery.endpoint
 WHERE delivery.endpoint = {} AND delivery.lease_token = {} ORDER BY delivery.id"""
_LET_GO = "lease_token = NULL, lease_until = NULL"
_OURS = " WHERE id = {} AND lease_token = {} AND state = 'waiting' RETURNING id"
_ANSWER = f"status = {{}}, took_ms = {{}}, said = {{}}, {_LET_GO}"
_POSTPONE = f"UPDATE webhook_delivery SET next_at = {{}}, {_ANSWER}{_OURS}"
_END = f"UPDATE webhook_delivery SET state = {{}}, done_at = {{}}, {_ANSWER}{_OURS}"
_WORKS = """UPDATE webhook_endpoint SET failing_since = NULL
 WHERE id = {} AND failing_since IS NOT NULL"""
_FAILS = """UPDATE webhook_endpoint SET failing_since = COALESCE(failing_since, {})
 WHERE id = {} AND state = 'on' RETURNING failing_since"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try of one event at one endpoint, under our lease; without secrets none can be made."""

    id: str
    message: str
    body: str
    company: str
    endpoint: str
    url: str
    secrets: tuple[Secret, ...]
    attempts: int
    lease_token: str


async def due_endpoints() -> list[str]:
    """Return the endpoints that something is due for, without taking anything."""
    now = clock.now()
    return [row["id"] for row in await run_sql(_WHO, now, now, now + 2 * LEASE)]


async def claim(endpoint: str, limit: int) -> list[Delivery]:
    """Lease up to so many deliveries of an endpoint that are due, the longest waiting first."""
    now, token = clock.now(), new_id("lease")
    async with transaction():
        await run_sql(
            f"WITH chosen AS MATERIALIZED (SELECT id FROM webhook_delivery WHERE endpoint = {{}}"
            f" AND {_IS_DUE} ORDER BY next_at, id LIMIT {{}}{skip_locked()}) {_LEASE_IT}",
            *(endpoint, now, now, now + 2 * LEASE, limit, token, now + LEASE, now),
        )
        rows = await run_sql(_TAKEN, endpoint, token)
    same = ("id", "message", "body", "company", "endpoint", "url", "attempts")
    return [
        Delivery(
            **{name: row[name] for name in same},
            secrets=_secrets(row),
            lease_token=token,
        )
        for row in rows
    ]


def _secrets(row: Mapping[str, Any]) -> tuple[Secret, ...]:
    """Read what a try is signed with; () where that cannot be read, as under another secret."""
    try:
        return secrets_of(row["secrets"])
    except Exception:
        log.exception("courier.secrets_unreadable endpoint=%s", row["endpoint"])
        return ()


async def save(delivery: Delivery, answer: Answer) -> None:
    """Write down what an endpoint answered, and what follows. Another's lease is left alone."""
    now = clock.now()
    async with transaction():
        # The endpoint's row goes first, as with whoever changes it: nobody waits in a ring.
        if answer.is_taken:
            await run_sql(_WORKS, delivery.endpoint)
            await _end(delivery, "done", answer, now)
        else:
            await _save_failure(delivery, answer, now)


async def release(delivery: Delivery) -> None:
    """Give a lease back whose try was broken off, so that another worker need not wait for it."""
    await run_sql(
        f"UPDATE webhook_delivery SET attempts = attempts - 1, {_LET_GO}{_OURS}",
        *(delivery.id, delivery.lease_token),
    )


async def _save_failure(delivery: Delivery, answer: Answer, now: datetime) -> None:
    """Try again later, or give it up, and at last the endpoint."""
    failing = await run_sql(_FAILS, now, delivery.endpoint)
    is_gone = answer.status == _GONE
    later = None if is_gone else next_try(delivery.attempts, now, answer.retry_after_s)
    if later:
        await run_sql(_POSTPONE, later, *_said(answer), delivery.id, delivery.lease_token)
        return
    if not await _end(delivery, "failed", answer, now) or not failing:
        return
    # Only by what was given up: one try that fails after a quiet week says little.
    if is_gone:
        await _turn_off(delivery, "gone", "gone", now)
    elif now - clock.stored_moment(failing[0]["failing_since"]) >= OFF_AFTER:
        await _turn_off(delivery, "off", "failing", now)


async def _end(delivery: Delivery, state: str, answer: Answer, now: datetime) -> bool:
    ours = (delivery.id, delivery.lease_token)
    return bool(await run_sql(_END, state, now, *_said(answer), *ours))


def _said(answer: Answer) -> tuple[int | None, int, str]:
    return answer.status, answer.took_ms, answer.said


async def _turn_off(delivery: Delivery, state: str, why: str, now: datetime) -> None:
    await run_sql(
        "UPDATE webhook_endpoint SET state = {}, why = {}, updated_at = {} WHERE id = {}",
        *(state, why, now, delivery.endpoint),
    )
    await skip_waiting(delivery.endpoint)
    await record(
        "webhook_endpoint.turned_off",
        company=delivery.company,
        actor="worker",
        object_id=delivery.endpoint,
    )
    forget_listeners()

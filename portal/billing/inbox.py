"""Events as they come in: kept once, then claimed by the object they make us fetch anew.

The row is the queue: nothing else has to happen for an event to be handled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from portal import clock
from portal.billing.stripe_events import BillingEvent
from portal.billing.tables import InboxEvent
from portal.database import run_sql, skip_locked, transaction
from portal.operations.outcomes import PATIENCE as GIVEN_UP_AFTER
from portal.operations.outcomes import is_worn_out

LEASE = timedelta(seconds=60)
# What we do not know by then was never going to be ours.
PATIENCE = timedelta(hours=1)
_ROWS_AN_OBJECT = 8
# Longer than any pause between two tries: only a clock that jumped can have written it.
_FAR = timedelta(minutes=10)

# A lease far in the future was written by a clock that jumped: it counts as run out.
_DUE = """
SELECT id, company, object_id, attempts, received_at FROM inbox_event
WHERE state = 'new' AND next_at <= {}
 AND (lease_until IS NULL OR lease_until < {} OR lease_until > {})
 AND NOT EXISTS (SELECT 1 FROM pause WHERE pause.company = inbox_event.company)
ORDER BY next_at, id LIMIT {}"""
_INSERT = """INSERT INTO inbox_event (company, event_id, type, object_id, livemode, sha256,
 created_at, received_at, state, attempts, next_at)
 VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, 0, {})
 ON CONFLICT (company, event_id) DO NOTHING RETURNING id"""
_POSTPONE = """
UPDATE inbox_event SET attempts = attempts + 1, next_at = {}, lease_token = NULL,
 lease_until = NULL
WHERE company = {} AND object_id = {} AND state = 'new' AND lease_token = {}"""
_RELEASE = """
UPDATE inbox_event SET lease_token = NULL, lease_until = NULL
WHERE company = {} AND object_id = {} AND state = 'new' AND lease_token = {}"""
_GIVE_UP = """
UPDATE inbox_event SET state = 'failed', lease_token = NULL, lease_until = NULL
WHERE company = {} AND object_id = {} AND state = 'new' AND lease_token = {} AND received_at <= {}
RETURNING id"""
_END = """
UPDATE inbox_event SET state = {}, lease_token = NULL, lease_until = NULL
WHERE company = {} AND object_id = {} AND state = 'new' AND id <= {}"""


@dataclass(frozen=True, slots=True)
class ClaimedObject:
    """One object to fetch anew, and the last of the events that ask for it."""

    company: str
    object_id: str
    last_id: int
    attempts: int
    waiting_since: datetime
    lease_token: str

    @property
    def held(self) -> tuple[str, str, str]:
        """Return whose object it is, and under which lease."""
        return self.company, self.object_id, self.lease_token


async def keep(company: str, event: BillingEvent, *, accepted: bool) -> bool:
    """Keep an event, committed; False when we have it already. Then `wake()`.

    One that is not accepted (another mode or account), or asks for nothing, is kept as such.
    """
    state = "rejected" if not accepted else "new" if event.object_id else "ignored"
    now = clock.now()
    async with transaction():
        rows = await run_sql(
            _INSERT,
            *(company, event.event_id, event.type, event.object_id, event.livemode, event.sha256),
            *(event.created_at, now, state, now),
        )
    return bool(rows)


async def note(company: str, object_id: str, hint: str) -> None:
    """Have an object fetched anew for a reason of our own, in the transaction that has the reason.

    The same hint twice is one.
    """
    now = clock.now()
    digest = sha256(hint.encode()).hexdigest()
    await run_sql(
        _INSERT,
        *(company, f"own_{digest[:40]}", "portal.hint", object_id, False, digest),
        *(now, now, "new", now),
    )


async def claim_events(limit: int, token: str) -> list[ClaimedObject]:
    """Lease up to this many objects that events ask for: all open rows of one object are one.

    Those of a company whose key was refused wait until it has a good one.
    """
    now = clock.now()
    async with transaction():
        limit_rows = limit * _ROWS_AN_OBJECT
        rows = await run_sql(_DUE + skip_locked(), now, now, now + 2 * LEASE, limit_rows)
        claimed: dict[tuple[str, str], ClaimedObject] = {}
        leased: list[int] = []
        for row in rows:
            name = row["company"], row["object_id"]
            if name in claimed or len(claimed) < limit:
                claimed[name] = _with(row, claimed.get(name), token)
                leased.append(row["id"])
        if leased:
            await InboxEvent.update(
                {InboxEvent.lease_token: token, InboxEvent.lease_until: now + LEASE}
            ).where(InboxEvent.id.is_in(leased))
    return list(claimed.values())


async def is_any_event_due() -> bool:
    """Tell whether a claim may find something, without taking the write lock to ask."""
    now = clock.now()
    return bool(await run_sql(_DUE, now, now, now + 2 * LEASE, 1))


async def mark_done(claimed: ClaimedObject) -> None:
    """Be done with every event up to the claimed, in the transaction that writes the copy.

    They all came before the ticket was taken, so the fetch has seen what they tell of.
    """
    await _end(claimed, "done")


async def ignore(claimed: ClaimedObject) -> None:
    """Be done with events about somebody who is not ours."""
    async with transaction():
        await _end(claimed, "ignored")


async def postpone(claimed: ClaimedObject, pause_s: float) -> None:
    """Try again after a pause."""
    until = clock.now() + timedelta(seconds=pause_s)
    async with transaction():
        await run_sql(_POSTPONE, until, *claimed.held)


async def give_up(claimed: ClaimedObject) -> int:
    """Be done with what was tried in vain for days; return how many events that was.

    What came in later about the same object has its own days.
    """
    if not is_worn_out(claimed.waiting_since, claimed.attempts, clock.now()):
        return 0
    async with transaction():
        rows = await run_sql(_GIVE_UP, *claimed.held, clock.now() - GIVEN_UP_AFTER)
    return len(rows)


async def release(claimed: ClaimedObject) -> None:
    """Give the lease back unused, in a transaction, so that nobody need wait for its end."""
    await run_sql(_RELEASE, *claimed.held)


def is_hopeless(claimed: ClaimedObject) -> bool:
    """Tell whether events about something unknown have waited long enough."""
    return clock.now() - claimed.waiting_since > PATIENCE


def _with(row: Mapping[str, Any], before: ClaimedObject | None, token: str) -> ClaimedObject:
    """Add a row to its object: the rows come longest waiting first."""
    return ClaimedObject(
        company=row["company"],
        object_id=row["object_id"],
        last_id=max(row["id"], before.last_id if before else 0),
        attempts=max(row["attempts"], before.attempts if before else 0),
        waiting_since=before.waiting_since if before else row["received_at"],
        lease_token=token,
    )


async def _end(claimed: ClaimedObject, state: str) -> None:
    await run_sql(_END, state, claimed.company, claimed.object_id, claimed.last_id)


async def bring_back_events() -> None:
    """Have due now what a clock put off that ran ahead and was set back since. Safe to repeat."""
    now = clock.now()
    await run_sql(
        "UPDATE inbox_event SET next_at = {}, received_at = {}"
        " WHERE state = 'new' AND next_at > {} AND (received_at > {} OR next_at > {})",
        *(now, now, now + 2 * LEASE, now + 2 * LEASE, now + _FAR),
    )

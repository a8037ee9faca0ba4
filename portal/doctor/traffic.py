"""What comes in, what goes out, and what stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from portal import clock
from portal.database import run_sql
from portal.doctor.ends import look_at_ends
from portal.doctor.finding import Finding, failed, lasting, ok, warning
from portal.doctor.stripe import Seller
from portal.operations.crew import count_workers
from portal.redaction import redacted

_SLOW, _STUCK = timedelta(minutes=10), timedelta(hours=1)
# Stripe sends an event seconds after a change; it repeats what failed for three days.
_EVENT_WITHIN = timedelta(minutes=15)
_EVENTS_KEPT = timedelta(days=29)
_A_MONTH = timedelta(days=30)
_NAMED = 5

_NEWEST_EVENT = """
SELECT MAX(received_at) AS at FROM inbox_event
WHERE company = {} AND state <> 'rejected' AND type <> 'portal.hint'"""
_REJECTED = """
SELECT COUNT(*) AS n FROM inbox_event WHERE company = {} AND state = 'rejected'"""
_NEWEST_CHANGE = """
SELECT MAX(done_at) AS at FROM operation
WHERE company = {} AND state = 'done' AND kind IN ('create_customer', 'create_subscription')"""
_FAILED_EVENTS = """
SELECT COUNT(*) AS n FROM inbox_event WHERE company = {} AND state = 'failed'"""
_PAUSE = "SELECT reason, since FROM pause WHERE company = {}"
# What was put off from the first, a mail that gathers others, waits for its time and for nobody.
_OPERATIONS = """
SELECT state, COUNT(*) AS n, MIN(created_at) AS oldest FROM operation
WHERE company = {} AND state <> 'done' AND NOT (attempts = 0 AND next_at > {}) GROUP BY state"""
_LEFT = """
SELECT change.subscription FROM plan_change AS change JOIN customer ON customer.id = change.customer
WHERE customer.company = {} AND change.kind = 'withdraw'
 AND COALESCE(change.done_at, change.asked_at) > {}
 AND (change.state = 'refused' OR (change.state = 'done' AND change.problem <> ''))
ORDER BY change.asked_at DESC"""
_INBOX = """
SELECT COUNT(*) AS n, MIN(received_at) AS oldest FROM inbox_event
WHERE company = {} AND state = 'new'"""


async def look_at_workers() -> Finding:
    """Tell whether anybody does what is owed."""
    alive = await count_workers()
    if alive:
        return ok("workers", f"{alive} alive.")
    return warning(
        "workers",
        "None is alive: nothing goes to Stripe and no mail goes out. Start `portal serve`, or "
        "`portal work` where PORTAL_WORKER is false.",
    )


async def look_at_traffic(seller: Seller) -> AsyncIterator[Finding]:
    """Look at a company's rows."""
    yield await _events(seller)
    yield await _rejected(seller)
    yield await _pause(seller)
    async for finding in _operations(seller):
        yield finding
    async for finding in _withdrawals(seller):
        yield finding
    async for finding in _inbox(seller):
        yield finding
    async for finding in look_at_ends(seller):
        yield finding


async def _events(seller: Seller) -> Finding:
    (event,), (change,) = [await run_sql(sql, seller.id) for sql in (_NEWEST_EVENT, _NEWEST_CHANGE)]
    seen, changed = clock.stored_time(event["at"]), clock.stored_time(change["at"])
    now = clock.now()
    if (
        changed
        and now - changed < _EVENTS_KEPT
        and (seen is None or changed - seen > _EVENT_WITHIN)
    ):
        if now - changed < _EVENT_WITHIN:
            return warning("webhook seen", "An event of the last change is still due.", seller.key)
        last = f"the last one came {lasting(now - seen)} ago" if seen else "none ever came"
        return failed(
            "webhook seen",
            f"Something changed at Stripe {lasting(now - changed)} ago, and no event told of it "
            f"({last}): look at the endpoint's deliveries in the Dashboard, at a proxy that "
            "refuses them, and for webhook.refused in our log.",
            seller.key,
        )
    if seen is None:
        return warning(
            "webhook seen", "No event came yet; nothing has happened either.", seller.key
        )
    return ok("webhook seen", f"The last event came {lasting(now - seen)} ago.", seller.key)


async def _rejected(seller: Seller) -> Finding:
    (row,) = await run_sql(_REJECTED, seller.id)
    if row["n"]:
        return warning(
            "other events",
            f"{row['n']} well signed events of the last month were of another mode or account, and "
            "had no effect: take the endpoint away that sends them here.",
            seller.key,
        )
    return ok("other events", "None came of another mode or account.", seller.key)


async def _pause(seller: Seller) -> Finding:
    paused = await run_sql(_PAUSE, seller.id)
    if not paused:
        return ok("pause", "Nothing is held back.", seller.key)
    since, reason = lasting(clock.now() - paused[0]["since"]), redacted(paused[0]["reason"])
    return failed(
        "pause",
        f"For {since} nothing has gone to Stripe, because it refused our key ({reason}): put in a "
        "good one with `portal apply FILE --yes`, and everything goes on where it was.",
        seller.key,
    )


async def _operations(seller: Seller) -> AsyncIterator[Finding]:
    found = await run_sql(_OPERATIONS, seller.id, clock.now())
    rows = {row["state"]: row for row in found}
    yield _waiting("operations", "operations wait", rows.get("ready"), seller)
    refused, given_up = (
        rows[state]["n"] if state in rows else 0 for state in ("refused", "failed")
    )
    if refused:
        yield warning(
            "refused",
            f"{refused} sign-ups were refused by Stripe and wait for their people to mend them.",
            seller.key,
        )
    if given_up:
        yield warning(
            "given up",
            f"{given_up} operations were given up: their error_code says why; look at each.",
            seller.key,
        )


async def _withdrawals(seller: Seller) -> AsyncIterator[Finding]:
    left = await run_sql(_LEFT, seller.id, clock.now() - _A_MONTH)
    if left:
        named = ", ".join(row["subscription"] for row in left[:_NAMED])
        more = ", …" if len(left) > _NAMED else ""
        yield warning(
            "withdrawals",
            f"{len(left)} withdrawals of the last month left something to you ({named}{more}): see "
            "in the Dashboard that each has ended and its money went back.",
            seller.key,
        )


async def _inbox(seller: Seller) -> AsyncIterator[Finding]:
    (row,) = await run_sql(_INBOX, seller.id)
    yield _waiting("inbox", "events wait", row, seller)
    (failed_ones,) = await run_sql(_FAILED_EVENTS, seller.id)
    if failed_ones["n"]:
        yield warning(
            "events given up",
            f"{failed_ones['n']} events of the last month could not be handled in seven days: "
            "events.given_up in our log says why. Once that is mended, `portal reconcile --full "
            "--yes` brings our copies up to date.",
            seller.key,
        )


def _waiting(check: str, what: str, row: dict[str, Any] | None, seller: Seller) -> Finding:
    if row is None or not row["n"]:
        return ok(check, f"No {what}.", seller.key)
    age = clock.now() - (clock.stored_time(row["oldest"]) or clock.now())
    said = f"{row['n']} {what}, the longest for {lasting(age)}"
    if age > _STUCK:
        return failed(check, f"{said}: does a worker run, and does Stripe answer?", seller.key)
    if age > _SLOW:
        return warning(check, f"{said}: does a worker run?", seller.key)
    return ok(check, f"{said}.", seller.key)

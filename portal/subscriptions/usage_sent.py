"""Take what a seller counted of somebody's use, each once, and have it sent to Stripe's meters."""

# ruff: noqa: S608
# What is put together into SQL here are places for values, and constants of ours.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from portal import clock
from portal.database import is_sqlite, run_sql, transaction
from portal.errors import Problem
from portal.operations.enqueue import Owed, enqueue_all
from portal.operations.wake import wake
from portal.plans.offers import meters_of
from portal.subscriptions.usage_at_stripe import SEND_USAGE

OLDEST, NEWEST = timedelta(days=35), timedelta(minutes=5)
"""So far from now Stripe takes an event. Source: https://docs.stripe.com/api/billing/meter-event"""

CUSTOMER_UNKNOWN = Problem("customer_unknown", "There is no such customer.")
METER_UNKNOWN = Problem("meter_unknown", "Nothing that is sold is counted by this meter.")
TOO_OLD = Problem("too_old", "This was used more than 35 days ago: Stripe takes no such event.")
TOO_EARLY = Problem("too_early", "This was used in the future: Stripe takes no such event.")
NO_MOMENT = Problem("time_invalid", "There is no such time.")
REUSED = Problem("event_id_reused", "Another event was sent under this event_id.")


@dataclass(frozen=True, slots=True)
class Use:
    """One use as a seller counted it: quantity is a decimal number, meter an event's name.

    Without a time it is refused: what was told of one could not be read.
    """

    event_id: str
    customer: str
    meter: str
    quantity: str
    at: datetime | None


def read_moment(text: str) -> datetime | None:
    """Read a time of RFC 3339, in UTC; None where there is no such."""
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one: state is taken, duplicate or refused, and then `problem` says why."""

    event_id: str
    state: str
    problem: Problem | None = None


async def send_usage(
    company: str, uses: Sequence[Use], *, sites: Sequence[str] = ()
) -> list[Taken]:
    """Write down what is new of this and owe Stripe the same; return what came of each.

    `sites`: only of the customers of these; () stands for all of the company.
    Safe to repeat: what was taken before is a duplicate. One that is refused holds up no other.
    """
    meters, answers = await meters_of(company), dict[int, Taken]()
    async with transaction():
        customers = await _hold_customers(company, uses, sites)
        fit = []
        for number, use in enumerate(uses):
            if problem := _problem(use, customers, meters):
                answers[number] = Taken(use.event_id, "refused", problem)
            else:
                fit.append((number, use))
        answers |= await _keep(company, fit)
    wake()
    return [answers[number] for number in range(len(uses))]


def _problem(use: Use, customers: frozenset[str], meters: frozenset[str]) -> Problem | None:
    now = clock.now()
    if use.customer not in customers:
        return CUSTOMER_UNKNOWN
    if use.meter not in meters:
        return METER_UNKNOWN
    if use.at is None:
        return NO_MOMENT
    if use.at < now - OLDEST:
        return TOO_OLD
    return TOO_EARLY if use.at > now + NEWEST else None


async def _hold_customers(
    company: str, uses: Sequence[Use], sites: Sequence[str]
) -> frozenset[str]:
    """Return who of them there is, so that none is erased before this is written."""
    named = sorted({use.customer for use in uses})
    if not named:
        return frozenset()
    held = "" if is_sqlite() else " FOR NO KEY UPDATE"
    holes = ", ".join(["{}"] * len(named))
    at_sites = f" AND site IN ({', '.join(['{}'] * len(sites))})" if sites else ""
    rows = await run_sql(
        "SELECT id FROM customer WHERE company = {} AND status IN ('active', 'detached')"
        f" AND id IN ({holes}){at_sites} ORDER BY id{held}",
        *(company, *named, *sites),
    )
    return frozenset(row["id"] for row in rows)


async def _keep(company: str, uses: Sequence[tuple[int, Use]]) -> dict[int, Taken]:
    answers, owed = dict[int, Taken](), list[Owed]()
    known = await _known(company, [use for _, use in uses])
    for number, use in uses:
        row = _row(company, use)
        before = known.get(row["id"])
        if before is None and await run_sql(_insert(row), *row.values()):
            known[row["id"]] = row
            owed.append(_owed(company, row))
            answers[number] = Taken(use.event_id, "taken")
        else:
            before = before or (await _known(company, [use]))[row["id"]]
            is_same = all(before[name] == row[name] for name in _TOLD)
            answers[number] = (
                Taken(use.event_id, "duplicate")
                if is_same
                else Taken(use.event_id, "refused", REUSED)
            )
    if owed:
        await enqueue_all(owed)
    return answers


_TOLD = ("customer", "meter", "quantity", "used_at")


async def _known(company: str, uses: Sequence[Use]) -> dict[str, Mapping[str, Any]]:
    ids = [_id(company, use) for use in uses]
    if not ids:
        return {}
    rows = await run_sql(
        f"SELECT * FROM usage_event WHERE id IN ({', '.join(['{}'] * len(ids))})", *ids
    )
    return {row["id"]: row | {"used_at": clock.stored_moment(row["used_at"])} for row in rows}


def _id(company: str, use: Use) -> str:
    return sha256(f"{company}|{use.event_id}".encode()).hexdigest()


def _row(company: str, use: Use) -> dict[str, Any]:
    return {
        "id": _id(company, use),
        "company": company,
        "event_id": use.event_id,
        "customer": use.customer,
        "meter": use.meter,
        "quantity": use.quantity,
        "used_at": use.at,
        "state": "taken",
        "problem": "",
        "created_at": clock.now(),
    }


def _insert(row: Mapping[str, Any]) -> str:
    places = ", ".join(["{}"] * len(row))
    return (
        f"INSERT INTO usage_event ({', '.join(row)}) VALUES ({places})"
        " ON CONFLICT (id) DO NOTHING RETURNING id"
    )


def _owed(company: str, row: Mapping[str, Any]) -> Owed:
    """Owe one event, in a lane beside the customer's: a change of plan waits for no counting."""
    params = {
        "id": row["id"],
        "meter": row["meter"],
        "quantity": row["quantity"],
        "at": int(row["used_at"].timestamp()),
    }
    return Owed(SEND_USAGE, company, f"stripe:usage:{row['customer']}", params, row["customer"])

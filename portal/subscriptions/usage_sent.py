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
                fit.append((number, _Fit(use, company, customers[use.customer])))
        answers |= await _keep(fit)
    wake()
    return [answers[number] for number in range(len(uses))]


def _problem(use: Use, customers: Mapping[str, str], meters: frozenset[str]) -> Problem | None:
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
) -> dict[str, str]:
    """Return who of them there is, with their site, so that none is erased before it is written."""
    named = sorted({use.customer for use in uses})
    if not named:
        return {}
    held = "" if is_sqlite() else " FOR NO KEY UPDATE"
    holes = ", ".join(["{}"] * len(named))
    at_sites = f" AND site IN ({', '.join(['{}'] * len(sites))})" if sites else ""
    rows = await run_sql(
        "SELECT id, site FROM customer WHERE company = {} AND status IN ('active', 'detached')"
        f" AND id IN ({holes}){at_sites} ORDER BY id{held}",
        *(company, *named, *sites),
    )
    return {row["id"]: row["site"] for row in rows}


@dataclass(frozen=True, slots=True)
class _Fit:
    """A use that can be taken, with the company and the site of its customer.

    An event_id is one of its site's: who counts at one site can take none from another's.
    """

    use: Use
    company: str
    site: str

    @property
    def id(self) -> str:
        return sha256(f"{self.company}|{self.site}|{self.use.event_id}".encode()).hexdigest()

    @property
    def row(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "company": self.company,
            "event_id": self.use.event_id,
            "customer": self.use.customer,
            "meter": self.use.meter,
            "quantity": self.use.quantity,
            "used_at": self.use.at,
            "state": "taken",
            "problem": "",
            "created_at": clock.now(),
        }


async def _keep(uses: Sequence[tuple[int, _Fit]]) -> dict[int, Taken]:
    answers, owed = dict[int, Taken](), list[Owed]()
    known = await _known([fit.id for _, fit in uses])
    for number, fit in uses:
        row, event_id = fit.row, fit.use.event_id
        before = known.get(row["id"])
        if before is None and await run_sql(_insert(row), *row.values()):
            known[row["id"]] = row
            owed.append(_owed(row))
            answers[number] = Taken(event_id, "taken")
        else:
            before = before or (await _known([row["id"]]))[row["id"]]
            is_same = all(before[name] == row[name] for name in _TOLD)
            answers[number] = (
                Taken(event_id, "duplicate") if is_same else Taken(event_id, "refused", REUSED)
            )
    if owed:
        await enqueue_all(owed)
    return answers


_TOLD = ("customer", "meter", "quantity", "used_at")


async def _known(ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    if not ids:
        return {}
    rows = await run_sql(
        f"SELECT * FROM usage_event WHERE id IN ({', '.join(['{}'] * len(ids))})", *ids
    )
    return {row["id"]: row | {"used_at": clock.stored_moment(row["used_at"])} for row in rows}


def _insert(row: Mapping[str, Any]) -> str:
    places = ", ".join(["{}"] * len(row))
    return (
        f"INSERT INTO usage_event ({', '.join(row)}) VALUES ({places})"
        " ON CONFLICT (id) DO NOTHING RETURNING id"
    )


def _owed(row: Mapping[str, Any]) -> Owed:
    """Owe one event, in a lane beside the customer's: a change of plan waits for no counting."""
    params = {
        "id": row["id"],
        "meter": row["meter"],
        "quantity": row["quantity"],
        "at": int(row["used_at"].timestamp()),
    }
    return Owed(
        SEND_USAGE, row["company"], f"stripe:usage:{row['customer']}", params, row["customer"]
    )

"""Keep what a seller counted under an id that makes it one, and owe Stripe the same."""

# ruff: noqa: S608
# What is put together into SQL here are places for values, and constants of ours.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from portal import clock
from portal.database import run_sql
from portal.errors import Problem
from portal.operations.enqueue import Owed, enqueue_all
from portal.subscriptions.usage_at_stripe import SEND_USAGE

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


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one: state is taken, duplicate or refused, and then `problem` says why."""

    event_id: str
    state: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Fit:
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
    def former_id(self) -> str:
        """Return by what it was kept while an event_id was one of its seller's."""
        return sha256(f"{self.company}|{self.use.event_id}".encode()).hexdigest()

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


async def keep_uses(uses: Sequence[tuple[int, Fit]]) -> dict[int, Taken]:
    """Write down what is new and owe Stripe the same, in a transaction; tell what came of each."""
    answers, owed = dict[int, Taken](), list[Owed]()
    known = await _known([id for _, fit in uses for id in (fit.id, fit.former_id)])
    for number, fit in uses:
        row, event_id = fit.row, fit.use.event_id
        before = known.get(row["id"]) or _of_site(known.get(fit.former_id), fit.site)
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
    holes = ", ".join(["{}"] * len(ids))
    rows = await run_sql(
        "SELECT usage_event.*, customer.site AS site FROM usage_event"
        f" JOIN customer ON customer.id = usage_event.customer WHERE usage_event.id IN ({holes})",
        *ids,
    )
    return {row["id"]: row | {"used_at": clock.stored_moment(row["used_at"])} for row in rows}


def _of_site(row: Mapping[str, Any] | None, site: str) -> Mapping[str, Any] | None:
    """Return what was kept by a former id if it is this site's: another's event is another."""
    return row if row and row["site"] == site else None


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

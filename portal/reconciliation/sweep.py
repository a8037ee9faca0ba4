"""Compare a company with Stripe, and bring together what has drifted apart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from portal import clock
from portal.billing.gateway import gateway_of
from portal.billing.stripe_lists import CALLS_PER_S, StripeLists
from portal.database import run_sql
from portal.errors import EffectError, PortalError
from portal.operations.overdue import hurry, overdue
from portal.operations.wake import wake
from portal.reconciliation.hear import hear_again
from portal.reconciliation.lease import Lease, Swept, give_back, swept, take
from portal.reconciliation.repair import Sweeper, settle_suspect
from portal.reconciliation.report import Difference, Report
from portal.reconciliation.settle import (
    settle_double,
    settle_stray,
    settle_unclaimed,
)
from portal.reconciliation.survey import Survey, survey

# Stripe's lists may lag a little, and its events can come into being after what they tell of.
_OVERLAP = timedelta(hours=1)
# How long Stripe keeps events.
_EVENTS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Seller:
    """A company to be swept."""

    id: str
    key: str
    since: datetime


async def sellers() -> list[Seller]:
    """Return every company, in the order in which they came."""
    rows = await run_sql("SELECT id, key, created_at FROM company ORDER BY created_at, id")
    return [Seller(row["id"], row["key"], row["created_at"]) for row in rows]


async def sweep_each(
    *, full: bool, since: datetime | None, carry_out: bool
) -> AsyncIterator[Report]:
    """Sweep one company after another; what keeps one from it stands in its report."""
    for seller in await sellers():
        try:
            yield await sweep(seller, full=full, since=since, carry_out=carry_out)
        except PortalError as failed:
            problem = f"{failed.code}: {failed}"
            yield Report(seller.key, full, carry_out, problem=problem)


async def sweep(
    seller: Seller,
    *,
    full: bool = False,
    since: datetime | None = None,
    carry_out: bool = False,
    calls_per_s: float = CALLS_PER_S,
    before: Swept | None = None,
) -> Report:
    """Compare what has changed since the last time (or everything) and tell what differs.

    Carrying it out is safe to repeat, and one process at a time does it. Only telling changes
    nothing. A company that Stripe does not answer for has its reason in the report.

    Raises:
        AlreadyUnderWay: another process carries out a sweep of this company.
    """
    report = Report(seller.key, full, carry_out)
    before = before or await swept(seller.id)
    if not carry_out:
        await _go_through(seller, report, before, None, since, calls_per_s)
        return report
    lease, until = await take(seller.id, full=full, before=before), None
    report.problem = "broke off"
    try:
        until = await _go_through(seller, report, before, lease, since, calls_per_s)
        await hurry(seller.id)
    finally:
        await give_back(
            lease, before, heard_until=until, drift=report.drift, problem=report.problem
        )
        wake()
    return report


async def _go_through(
    seller: Seller,
    report: Report,
    before: Swept,
    lease: Lease | None,
    since: datetime | None,
    calls_per_s: float,
) -> datetime | None:
    """Fill the report; return up to when events were read."""
    start, until = since or _start(seller, before), before.heard_until
    try:
        lists = StripeLists(await gateway_of(seller.id), calls_per_s)
        heard = await hear_again(seller.id, lists, lease, start)
        report.heard_again = heard.missed
        found = await survey(seller.id, lists, lease, None if report.full else start)
        found.suspect(heard.objects)
        sweeper = Sweeper(seller.id, lists, carries_out=lease is not None)
        async for difference in _settled(sweeper, found, lease):
            report.differences.append(difference)
        report.overdue = await overdue(seller.id)
        report.problem = ""
    except EffectError as failed:
        report.problem = f"{failed.code}: {failed}"
    else:
        until = max(filter(None, (until, heard.until)), default=None)
    return until


async def _settled(
    sweeper: Sweeper, found: Survey, lease: Lease | None
) -> AsyncIterator[Difference]:
    """Settle all that was noted, one after another; who has a card, or is older, comes first."""
    strays = sorted(found.strays, key=lambda one: (one.billed.card is None, one.created_at))
    settling = (
        *(partial(settle_stray, sweeper, stray) for stray in strays),
        *(partial(settle_unclaimed, sweeper, sold) for sold in found.unclaimed),
        *(partial(settle_double, sweeper, double) for double in found.doubles),
        *(partial(settle_suspect, sweeper, suspect) for suspect in found.suspects),
    )
    for settle in settling:
        if lease:
            await lease.renew()
        difference = await settle()
        if difference:
            yield difference


def _start(seller: Seller, before: Swept) -> datetime:
    """Return since when changes are looked for: a little before the last event that was read."""
    earliest = max(seller.since, clock.now() - _EVENTS_KEPT)
    return (before.heard_until or earliest) - _OVERLAP

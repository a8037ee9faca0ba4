"""Take what a seller counted of somebody's use, each once, and have it sent to Stripe's meters."""

# ruff: noqa: S608
# What is put together into SQL here are places for values, and constants of ours.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from portal import clock
from portal.database import is_sqlite, run_sql, transaction
from portal.errors import Problem
from portal.operations.wake import wake
from portal.plans.offers import meters_of
from portal.subscriptions.usage_kept import Fit, Taken, Use, keep_uses

OLDEST, NEWEST = timedelta(days=35), timedelta(minutes=5)
"""So far from now Stripe takes an event. Source: https://docs.stripe.com/api/billing/meter-event"""

CUSTOMER_UNKNOWN = Problem("customer_unknown", "There is no such customer.")
METER_UNKNOWN = Problem("meter_unknown", "Nothing that is sold is counted by this meter.")
TOO_OLD = Problem("too_old", "This was used more than 35 days ago: Stripe takes no such event.")
TOO_EARLY = Problem("too_early", "This was used in the future: Stripe takes no such event.")
NO_MOMENT = Problem("time_invalid", "There is no such time.")


def read_moment(text: str) -> datetime | None:
    """Read a time of RFC 3339, in UTC; None where there is no such."""
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


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
                fit.append((number, Fit(use, company, customers[use.customer])))
        answers |= await keep_uses(fit)
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

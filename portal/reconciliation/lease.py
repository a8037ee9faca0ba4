"""Whose turn a company's sweep is: one at a time, however many processes would."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal import clock
from portal.database import run_sql
from portal.errors import PortalError
from portal.ids import new_id

LASTS = timedelta(minutes=5)
_RENEWED_EVERY_S = 60.0

_KNOWN = "INSERT INTO reconciliation (company, changed_at, full_at, drift, problem)"
# A lease far in the future was written by a clock that jumped: it counts as run out.
_FREE = "(lease_until IS NULL OR lease_until < {} OR lease_until > {})"


class AlreadyUnderWay(PortalError):
    """Another process compares this company just now."""

    status = 409
    code = "reconcile_under_way"
    sentence = "This company is being compared with Stripe just now. Try again in a few minutes."
    retry = True


class Lease:
    """The right to sweep one company, as long as it is renewed."""

    def __init__(self, company: str, token: str) -> None:
        self.company, self.token = company, token
        self._renew_at = time.monotonic() + _RENEWED_EVERY_S

    async def renew(self) -> None:
        """Keep it while the sweep goes on.

        Raises:
            AlreadyUnderWay: it ran out, and another process has it now.
        """
        if time.monotonic() < self._renew_at:
            return
        self._renew_at = time.monotonic() + _RENEWED_EVERY_S
        rows = await run_sql(
            "UPDATE reconciliation SET lease_until = {} WHERE company = {} AND lease_token = {}"
            " RETURNING company",
            *(clock.now() + LASTS, self.company, self.token),
        )
        if not rows:
            raise AlreadyUnderWay


@dataclass(frozen=True, slots=True)
class Swept:
    """When a company was last swept, each way, and up to where its events were read."""

    changed_at: datetime | None
    full_at: datetime | None
    heard_until: datetime | None


async def swept(company: str, *, begin: bool = False) -> Swept:
    """Return how far a company has come; with `begin`, a new one counts as swept just now."""
    now = clock.now() if begin else None
    if begin:
        await run_sql(
            f"{_KNOWN} VALUES ({{}}, {{}}, {{}}, 0, '') ON CONFLICT (company) DO NOTHING",
            *(company, now, now),
        )
    rows = await run_sql(
        "SELECT changed_at, full_at, heard_until FROM reconciliation WHERE company = {}", company
    )
    return Swept(**rows[0]) if rows else Swept(None, None, None)


async def take(company: str, *, full: bool, before: Swept) -> Lease:
    """Take the lease for a sweep of a company that was last swept so.

    Raises:
        AlreadyUnderWay: somebody else has it, or has swept in the meantime.
    """
    now, token = clock.now(), new_id("lease")
    await run_sql(
        f"{_KNOWN} VALUES ({{}}, NULL, NULL, 0, '') ON CONFLICT (company) DO NOTHING", company
    )
    rows = await run_sql(
        "UPDATE reconciliation SET lease_token = {}, lease_until = {}, changed_at = {},"  # noqa: S608
        f" full_at = CASE WHEN {{}} THEN {{}} ELSE full_at END WHERE company = {{}} AND {_FREE}"
        " AND COALESCE(changed_at, {}) = {} RETURNING company",
        *(token, now + LASTS, now, full, now, company, now, now + 2 * LASTS),
        *(now, before.changed_at or now),
    )
    if not rows:
        raise AlreadyUnderWay
    return Lease(company, token)


async def give_back(
    lease: Lease, before: Swept, *, heard_until: datetime | None, drift: int, problem: str
) -> None:
    """End a sweep. One that broke off is not the nightly one, and has heard nothing."""
    if problem:
        await run_sql(
            "UPDATE reconciliation SET lease_token = NULL, lease_until = NULL, full_at = {},"
            " problem = {} WHERE company = {} AND lease_token = {}",
            *(before.full_at, problem, lease.company, lease.token),
        )
        return
    await run_sql(
        "UPDATE reconciliation SET lease_token = NULL, lease_until = NULL, ended_at = {},"
        " heard_until = {}, drift = {}, problem = '' WHERE company = {} AND lease_token = {}",
        *(clock.now(), heard_until, drift, lease.company, lease.token),
    )

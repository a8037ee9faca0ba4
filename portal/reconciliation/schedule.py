"""When a worker sweeps by itself: what changed each quarter of an hour, everything at night."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from contextvars import Context
from datetime import UTC, datetime, timedelta

from portal import clock
from portal.database import run_sql
from portal.errors import DatabaseBusy, PortalError
from portal.reconciliation.lease import AlreadyUnderWay, Swept, swept
from portal.reconciliation.report import Report
from portal.reconciliation.sweep import sellers, sweep

CHANGED_EVERY = timedelta(minutes=15)
FULL_EVERY = timedelta(hours=20)
FULL_AT_LATEST = timedelta(hours=36)
NIGHT_UTC = range(1, 5)
_LOOK_EVERY_S = 60.0

log = logging.getLogger(__name__)


class Sweeps:
    """The sweeps of one worker: one company after another, beside everything else."""

    def __init__(self) -> None:
        self._look_at = time.monotonic() + _LOOK_EVERY_S
        self._task: asyncio.Task[None] | None = None

    def begin_what_is_due(self) -> None:
        """Look once a minute for a company whose sweep is due, unless one is under way here."""
        if time.monotonic() < self._look_at or (self._task and not self._task.done()):
            return
        self._look_at = time.monotonic() + _LOOK_EVERY_S
        self._task = asyncio.create_task(_sweep(), context=Context())

    async def stop(self) -> None:
        """Break off: the next sweep does what this one did not."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None


async def _sweep() -> None:
    try:
        await sweep_what_is_due()
    except DatabaseBusy as busy:
        log.warning("reconcile.database_busy %s", busy)
    except Exception:
        log.exception("reconcile.failed")


async def sweep_what_is_due() -> None:
    """Sweep each company that is due, whatever becomes of the others."""
    paused = {row["company"] for row in await run_sql("SELECT company FROM pause")}
    for seller in await sellers():
        if seller.id in paused:
            continue
        try:
            before = await swept(seller.id, begin=True)
            full = is_full_due(before, clock.now())
            if full is not None:
                tell(await sweep(seller, full=full, carry_out=True, before=before))
        except AlreadyUnderWay:
            continue
        except PortalError as failed:
            log.warning("reconcile.failed company=%s reason=%s", seller.key, failed.code)
        except Exception:
            log.exception("reconcile.failed company=%s", seller.key)


def is_full_due(before: Swept, now: datetime) -> bool | None:
    """Tell which sweep is due: True for everything, False for what changed, None for neither."""
    if before.changed_at and timedelta(0) <= now - before.changed_at < CHANGED_EVERY:
        return None
    since_full = now - before.full_at if before.full_at else FULL_AT_LATEST
    at_night = now.hour in NIGHT_UTC and since_full >= FULL_EVERY
    return at_night or since_full >= FULL_AT_LATEST or since_full < timedelta(0)


def read_since(text: str) -> datetime:
    """Read a moment: so many hours or days ago (36h, 7d), or a date or time of the calendar.

    Raises:
        ValueError: with the sentence to show.
    """
    number, unit = text[:-1], text[-1:]
    if number.isascii() and number.isdigit() and unit in ("h", "d"):
        return clock.now() - timedelta(hours=int(number) * (24 if unit == "d" else 1))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("Write it as 36h, 7d, 2026-01-31 or 2026-01-31T12:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def tell(report: Report) -> None:
    """Write what a sweep found to the log."""
    for found in report.differences:
        log.warning("reconcile.difference company=%s %s", report.company, found)
    for each in report.overdue:
        log.warning(
            "reconcile.overdue company=%s op=%s kind=%s", report.company, each.op_id, each.kind
        )
    log.info(
        "reconcile.done company=%s full=%s drift=%d heard_again=%d problem=%s",
        *(report.company, report.full, report.drift, report.heard_again, report.problem),
    )

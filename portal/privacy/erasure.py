"""Have an account erased: asked for, taken back for seven days, and what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from portal import clock
from portal.access.limits import DAY, allow_all, never_more
from portal.audit.record import record
from portal.customers.directory import lock_any_customer
from portal.customers.erased import ERASED
from portal.customers.tables import Customer
from portal.database import run_sql, transaction
from portal.ids import new_id
from portal.operations.enqueue import enqueue
from portal.operations.wake import wake
from portal.privacy.abandoned import WORKER
from portal.settings import settings

SEND_ERASURE = "send_erasure"
BACK_WITHIN = timedelta(days=7)
_TOLD_A_DAY = 3
_TOLD_LATER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Leaving:
    """A customer who will be erased: when, and until when their invoices are kept."""

    due_at: datetime
    kept_until: datetime


async def ask_erasure(customer_id: str, *, by: str = "customer", actor: str | None = None) -> None:
    """Have a customer erased in seven days, and tell them so at once by mail.

    An operator's wish is carried out at once, without a mail; `actor` is whom the audit names for
    it, such as a program's key. Safe to repeat: the first one counts.
    Whoever asks and takes it back again and again is told some hours later, if it still stands.
    What a worker began of a sign-up that was left is theirs from then on: in seven days.
    """
    now = clock.now()
    due_at = now + BACK_WITHIN if by == "customer" else now
    tell_after = await _told_after(customer_id) if by == "customer" else None
    async with transaction():
        customer = await lock_any_customer(customer_id)
        if customer.status == ERASED:
            return
        open_one = await _open_one(customer_id)
        if open_one and open_one["asked_by"] != WORKER:
            await run_sql(_SOONER, due_at, due_at, by, open_one["id"], due_at)
            return
        if open_one:
            # What came of time alone could still be given up for a reason of its own.
            await run_sql(_GIVE_WAY, now, open_one["id"])
        erasure = await open_erasure(customer, by, due_at, actor)
        if tell_after is not None:
            await enqueue(
                SEND_ERASURE,
                company=str(customer.company),
                lane=None,
                params={"erasure": erasure},
                customer=customer_id,
                after=tell_after,
            )
    wake()


async def open_erasure(
    customer: Customer, by: str, due_at: datetime, actor: str | None = None
) -> str:
    """Write the wish down, in the transaction that holds the customer; return its id."""
    erasure, company, customer_id = new_id("eras"), str(customer.company), str(customer.id)
    await run_sql(
        "INSERT INTO erasure (id, company, site, customer, asked_by, asked_at, due_at, next_at,"
        " kept, kept_because, kept_until)"
        " VALUES ({}, {}, {}, {}, {}, {}, {}, {}, 'invoices', 'tax_law', {})",
        *(erasure, company, str(customer.site), customer_id, by, clock.now(), due_at, due_at),
        kept_until(due_at),
    )
    action = "customer.sign_up_expired" if by == WORKER else "customer.erasure_asked"
    await record(action, company=company, actor=actor or by, object_id=customer_id)
    return erasure


async def take_back(customer_id: str) -> bool:
    """Have everything stay as it is; False when there is nothing to take back, or no more."""
    async with transaction():
        await lock_any_customer(customer_id)
        rows = await run_sql(
            "UPDATE erasure SET taken_back_at = {} WHERE customer = {} AND taken_back_at IS NULL"
            " AND begun_at IS NULL RETURNING company",
            *(clock.now(), customer_id),
        )
        if rows:
            await record(
                "customer.erasure_taken_back",
                company=rows[0]["company"],
                actor="customer",
                object_id=customer_id,
            )
    return bool(rows)


async def leaving(customer_id: str) -> Leaving | None:
    """Tell when somebody will be erased; None for who stays."""
    found = await _open_one(customer_id)
    return Leaving(found["due_at"], found["kept_until"]) if found else None


def kept_until(erased_at: datetime) -> datetime:
    """Return until when invoices are kept: to the end of a year, as tax laws count."""
    last = erased_at.year + settings().invoices_kept_years
    return datetime(last, 12, 31, tzinfo=UTC)


async def _told_after(customer_id: str) -> timedelta:
    """Count one more mail about a wish that is not open yet, and say how long it waits."""
    open_one = await _open_one(customer_id)
    if open_one and open_one["asked_by"] != WORKER:
        return timedelta(0)
    most = {f"erasure:day:{customer_id}": never_more(_TOLD_A_DAY, DAY)}
    return timedelta(0) if await allow_all(most) else _TOLD_LATER


async def _open_one(customer_id: str) -> Mapping[str, Any] | None:
    rows = await run_sql(_OPEN, customer_id)
    return rows[0] if rows else None


_SOONER = """UPDATE erasure SET due_at = {}, next_at = {}, asked_by = {}
 WHERE id = {} AND due_at > {}"""
_GIVE_WAY = "UPDATE erasure SET taken_back_at = {} WHERE id = {}"
_OPEN = """SELECT id, asked_by, due_at, kept_until FROM erasure WHERE customer = {}
 AND taken_back_at IS NULL AND begun_at IS NULL ORDER BY asked_at LIMIT 1"""

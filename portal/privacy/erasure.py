"""Have an account erased: asked for, taken back for seven days, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portal import clock
from portal.audit.record import record
from portal.customers.directory import lock_customer
from portal.customers.erased import ERASED
from portal.database import run_sql, transaction
from portal.ids import new_id
from portal.operations.enqueue import enqueue
from portal.operations.wake import wake
from portal.settings import settings

SEND_ERASURE = "send_erasure"
BACK_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Leaving:
    """A customer who will be erased: when, and until when their invoices are kept."""

    due_at: datetime
    kept_until: datetime


async def ask_erasure(customer_id: str, *, by: str = "customer") -> None:
    """Have a customer erased in seven days, and tell them so at once by mail.

    An operator's wish is carried out at once, without a mail. Safe to repeat: the first one counts.
    """
    now = clock.now()
    due_at = now + BACK_WITHIN if by == "customer" else now
    async with transaction():
        customer = await lock_customer(customer_id)
        if customer.status == ERASED:
            return
        if rows := await run_sql(_OPEN, customer_id):
            sql = "UPDATE erasure SET due_at = {}, next_at = {} WHERE id = {} AND due_at > {}"
            await run_sql(sql, due_at, due_at, rows[0]["id"], due_at)
            return
        erasure, company = new_id("eras"), str(customer.company)
        await run_sql(
            "INSERT INTO erasure (id, company, site, customer, asked_by, asked_at, due_at, next_at,"
            " kept, kept_because, kept_until)"
            " VALUES ({}, {}, {}, {}, {}, {}, {}, {}, 'invoices', 'tax_law', {})",
            *(erasure, company, str(customer.site), customer_id, by, now, due_at, due_at),
            kept_until(due_at),
        )
        if by == "customer":
            params = {"erasure": erasure}
            await enqueue(
                SEND_ERASURE, company=company, lane=None, params=params, customer=customer_id
            )
        await record("customer.erasure_asked", company=company, actor=by, object_id=customer_id)
    wake()


async def take_back(customer_id: str) -> bool:
    """Have everything stay as it is; False when there is nothing to take back, or no more."""
    async with transaction():
        await lock_customer(customer_id)
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
    rows = await run_sql(_OPEN, customer_id)
    return Leaving(rows[0]["due_at"], rows[0]["kept_until"]) if rows else None


def kept_until(erased_at: datetime) -> datetime:
    """Return until when invoices are kept: to the end of a year, as tax laws count."""
    last = erased_at.year + settings().invoices_kept_years
    return datetime(last, 12, 31, tzinfo=UTC)


_OPEN = """SELECT id, due_at, kept_until FROM erasure WHERE customer = {}
 AND taken_back_at IS NULL AND begun_at IS NULL ORDER BY asked_at LIMIT 1"""

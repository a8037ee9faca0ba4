"""A customer's picture: kept small, in the database, and shown to nobody else."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256

from portal import clock
from portal.audit.record import record
from portal.customers.erased import is_erased
from portal.customers.pictures import redrawn
from portal.customers.told import UPDATED, tell_of
from portal.database import run_sql, transaction
from portal.errors import TooMany

MOST_WAITING = 8
"""Customers, each with one picture: who sends many waits for their own, and nobody for theirs."""

_KEEP = """INSERT INTO avatar (customer, image, version, updated_at) VALUES ({}, {}, {}, {})
 ON CONFLICT (customer) DO UPDATE SET image = excluded.image, version = excluded.version,
 updated_at = excluded.updated_at"""
_waiting: set[str] = set()


async def avatar_version(customer: str) -> str:
    """Name the picture that a customer has: another name with each picture; "" for none."""
    rows = await run_sql("SELECT version FROM avatar WHERE customer = {}", customer)
    return str(rows[0]["version"]) if rows else ""


async def avatar_of(customer: str, version: str) -> bytes | None:
    """Return a customer's picture of that name, if it is theirs."""
    rows = await run_sql(
        "SELECT image FROM avatar WHERE customer = {} AND version = {}", customer, version
    )
    return bytes(rows[0]["image"]) if rows else None


async def keep_avatar(customer: str, company: str, sent: bytes, *, actor: str = "customer") -> None:
    """Keep a picture in place of the one that was there; none of who was erased meanwhile.

    Raises:
        InvalidDetails: why it cannot be taken.
        TooMany: too many pictures are being drawn just now, or one of theirs is.
    """
    await keep_drawn(customer, company, await drawn(sent, customer), actor=actor)


async def keep_drawn(customer: str, company: str, image: bytes, *, actor: str = "customer") -> None:
    """Keep a picture that is drawn already, as `keep_avatar` does."""
    version = sha256(image).hexdigest()[:16]
    async with transaction():
        # It may have stood in line for seconds.
        if await is_erased(customer):
            return
        await run_sql(_KEEP, customer, image, version, clock.now())
        await _note(customer, company, actor)


async def remove_avatar(customer: str, company: str, *, actor: str = "customer") -> None:
    """Forget a customer's picture. Safe to repeat."""
    async with transaction():
        gone = await run_sql("DELETE FROM avatar WHERE customer = {} RETURNING customer", customer)
        if gone:
            await _note(customer, company, actor)


async def _note(customer: str, company: str, actor: str) -> None:
    await record(
        "customer.details_changed",
        company=company,
        actor=actor,
        object_id=customer,
        fields=("avatar",),
    )
    await tell_of(UPDATED, customer, company=company)


async def drawn(sent: bytes, whose: str) -> bytes:
    """Draw one picture at a time, in a thread, so that no other request waits for it.

    Raises:
        InvalidDetails: why it cannot be taken.
        TooMany: too many pictures are being drawn just now, or one of theirs is.
    """
    if whose in _waiting or len(_waiting) >= MOST_WAITING:
        raise TooMany
    _waiting.add(whose)
    try:
        return await asyncio.get_running_loop().run_in_executor(_thread(), redrawn, sent)
    finally:
        _waiting.discard(whose)


@cache
def _thread() -> ThreadPoolExecutor:
    """Have one only: a large picture takes eighty megabytes while it is drawn."""
    return ThreadPoolExecutor(1, "picture")

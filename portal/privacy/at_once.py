"""Erase somebody on an operator's word: without the seven days, and without a mail."""

from __future__ import annotations

from collections.abc import Sequence

from portal.customers.email import InvalidEmail, normalize_email
from portal.database import run_sql
from portal.privacy.erase import erase_what_is_due
from portal.privacy.erasure import ask_erasure


async def known_as(who: str) -> list[str]:
    """Return the ids of the customers of an address, at whichever company, or of an id."""
    try:
        key = normalize_email(who).key
    except InvalidEmail:
        key = ""
    rows = await run_sql(
        "SELECT id FROM customer WHERE email_key = {} OR id = {} ORDER BY id", key, who
    )
    return [row["id"] for row in rows]


async def erase_at_once(customers: Sequence[str]) -> list[str]:
    """Begin with each, or go on, and say how far each has come. Safe to repeat."""
    for customer in customers:
        await ask_erasure(customer, by="operator")
    await erase_what_is_due()
    return [await _said(customer) for customer in customers]


async def _said(customer: str) -> str:
    rows = await run_sql("SELECT begun_at, erased_at FROM erasure WHERE customer = {}", customer)
    if any(row["erased_at"] for row in rows):
        return f"{customer}: erased."
    if any(row["begun_at"] for row in rows):
        return f"{customer}: erased here; a worker goes on at Stripe."
    return f"{customer}: not erased. erasure.failed in the log says why; a worker tries again."

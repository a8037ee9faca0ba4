"""Write down what a new copy tells that the last one did not: the customer's history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.audit.record import record
from portal.customers.erased import says_erased
from portal.database import run_sql

_SUBSCRIPTION = """
SELECT customer.id AS customer, customer.company, customer.site, customer.status AS stands,
 held.stripe_id AS known, held.status, held.price_stripe_id, held.cancel_at_period_end,
 held.cancel_at, held.items, held.collection_paused
FROM customer LEFT JOIN subscription AS held
 ON held.stripe_id = {} AND held.customer = customer.id
WHERE customer.id = {}"""
_PROFILE = """
SELECT customer.id AS customer, customer.company, customer.site, customer.status AS stands,
 held.customer AS known, held.payment_method, held.deleted, held.details_hash
FROM customer LEFT JOIN billing_profile AS held ON held.customer = customer.id
WHERE customer.id = {}"""


@dataclass(frozen=True, slots=True)
class Former:
    """What it is about, whose, and our copy before this one, if there was one."""

    customer: str
    company: str
    site: str
    is_erased: bool
    about: str
    copy: Mapping[str, Any] | None


async def former_subscription(customer_id: str, stripe_id: str) -> Former:
    """Return our copy of a subscription before another is written."""
    return _former(stripe_id, await run_sql(_SUBSCRIPTION, stripe_id, customer_id))


async def former_profile(customer_id: str) -> Former:
    """Return our copy of a billing profile before another is written."""
    return _former(customer_id, await run_sql(_PROFILE, customer_id))


async def note(former: Former, news: Iterable[str]) -> None:
    """Write the news down, in the transaction that writes the copy."""
    for action in news:
        await record(action, company=former.company, actor="stripe", object_id=former.about)


def _former(about: str, rows: list[dict[str, Any]]) -> Former:
    (row,) = rows
    return Former(
        customer=row["customer"],
        company=row["company"],
        site=row["site"],
        is_erased=says_erased(row["stands"]),
        about=about,
        copy=row if row["known"] is not None else None,
    )

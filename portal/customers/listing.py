"""A company's customers, newest first, a page at a time: every statement takes the company."""

# ruff: noqa: S608
# What is put together into SQL here are names of our own columns, and places for values.

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from portal.customers.tables import Customer
from portal.database import run_sql

Bound = Literal["gt", "gte", "lt", "lte"]
_SIGNS: Mapping[Bound, str] = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_FOUND = "search LIKE {} ESCAPE '!'"
_ESCAPED, _BEFORE = re.compile(r"([%_!])"), r"!\1"
_HOLDS = """EXISTS (SELECT 1 FROM subscription
 JOIN price ON price.stripe_id = subscription.price_stripe_id JOIN plan ON plan.id = price.plan
 WHERE subscription.customer = customer.id AND plan.key = {}
 AND subscription.status NOT IN ('canceled', 'incomplete_expired'))"""
_CLOCK = '"test_clock"'
# LIKE would tell case apart here and not there, and has signs that mean others.
_WITHOUT = "stripe_settings = REPLACE(stripe_settings, {}, '')"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which customers, and which page of them.

    email: exactly so, case told apart; email_key: as it is found by.
    created: between these moments.
    status: only of this one; None: of all who are not deleted or erased.
    plan: only who holds it now, by its key. words: each, folded, in what they are found by.
    sites: only of these; () stands for all. at_stripe: only those whom Stripe has.
    clock: only those on this test clock of Stripe's; "": only those on none; None: either.
    after, before: the id (cust_…) where the page begins behind, or ends before.
    """

    email: str | None = None
    id: str | None = None
    email_key: str | None = None
    external_id: str | None = None
    created: Mapping[Bound, datetime] = field(default_factory=dict)
    status: str | None = None
    plan: str | None = None
    words: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    at_stripe: bool = False
    clock: str | None = None
    after: str | None = None
    before: str | None = None
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """One page, and whether there are more behind it; of a page before an id, before it."""

    found: list[Customer]
    has_more: bool


async def list_customers(company: str, wanted: Wanted) -> Listed:
    """Return one page of a company's customers, newest first."""
    conditions, values = _conditions(company, wanted)
    order = "ASC" if wanted.before else "DESC"
    rows = await run_sql(
        f"SELECT * FROM customer WHERE {' AND '.join(conditions)} ORDER BY id {order} LIMIT {{}}",
        *(*values, wanted.limit + 1),
    )
    page = rows[: wanted.limit]
    if wanted.before:
        page.reverse()
    found = [Customer(**row, _exists_in_db=True) for row in page]
    return Listed(found, len(rows) > wanted.limit)


def _conditions(company: str, wanted: Wanted) -> tuple[list[str], list[Any]]:
    given: list[tuple[str, Any]] = [("company = {}", company)]
    given += [
        (f"{column} {sign} {{}}", value)
        for column, sign, value in (
            ("email", "=", wanted.email),
            ("id", "=", wanted.id),
            ("email_key", "=", wanted.email_key),
            ("external_id", "=", wanted.external_id),
            ("status", "=", wanted.status),
            ("id", "<", wanted.after),
            ("id", ">", wanted.before),
        )
        if value is not None
    ]
    given += [(_FOUND, f"%{_ESCAPED.sub(_BEFORE, word)}%") for word in wanted.words]
    if wanted.plan is not None:
        given.append((_HOLDS, wanted.plan))
    given += [(f"created_at {_SIGNS[bound]} {{}}", at) for bound, at in wanted.created.items()]
    if wanted.clock:
        given.append((f"NOT ({_WITHOUT})", f'{_CLOCK}: "{wanted.clock}"'))
    elif wanted.clock is not None:
        given.append((_WITHOUT, _CLOCK))
    plain = ["stripe_id IS NOT NULL"] if wanted.at_stripe else []
    if wanted.status is None:
        gone = "'deleted', 'erased', 'detached'" if wanted.at_stripe else "'deleted', 'erased'"
        plain.append(f"status NOT IN ({gone})")
    if wanted.sites:
        plain.append(f"site IN ({', '.join('{}' for _ in wanted.sites)})")
    conditions = [condition for condition, _ in given] + plain
    return conditions, [value for _, value in given] + list(wanted.sites)

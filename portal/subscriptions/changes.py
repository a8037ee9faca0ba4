"""What a customer asked to have changed: written down, waited for, and what became of it.

Each change is one operation at Stripe. It is done when our copy has it: both are written together.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal import clock
from portal.audit.record import record
from portal.billing.gateway import held_companies
from portal.database import is_sqlite, run_sql
from portal.ids import new_id
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.operations.wake import listening

# Another process's worker may have done it, and it cannot tell us.
_LOOK_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a change, as the history names them, and what is not sent of it.

    noted: called with the change's id in the transaction that asks for it.
    made: the change that an earlier try of the same request asked for: it is not asked for again.
    """

    actor: str = "customer"
    quiet: str = ""
    noted: Callable[[str], Awaitable[None]] | None = None
    made: str | None = None


THEMSELVES = Asker()
"""The customer, at a page of ours."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change that somebody asked for; `problem` says why it was refused."""

    id: str
    customer: str
    kind: str
    state: str
    problem: str
    price: str | None
    amount_today: int
    next_amount: int
    next_at: datetime | None
    currency: str
    takes_effect_at: datetime | None
    asked_at: datetime


_SELECT = """SELECT id, customer, kind, state, problem, price, amount_today, next_amount, next_at,
 currency, takes_effect_at, asked_at FROM plan_change WHERE """

_DETAILS = """SELECT plan_change.kind, plan_change.state, plan_change.problem, plan_change.asked_at,
 plan_change.takes_effect_at, plan_change.amount_today, plan_change.next_amount,
 plan_change.next_at, plan_change.currency, plan_change.quiet, customer.site,
 CASE WHEN customer.email_hard_bounced THEN NULL ELSE customer.email END AS email,
 customer.locale, customer.time_zone,
 customer.first_name, customer.email_verified_at, subscription.tax_added,
 subscription.status AS held_status,
 held.name AS held_name, COALESCE(NULLIF(plan_change.made_of, ''), wanted.name) AS plan_name
 FROM plan_change JOIN customer ON customer.id = plan_change.customer
 LEFT JOIN subscription ON subscription.stripe_id = plan_change.subscription
 LEFT JOIN price AS held_price ON held_price.stripe_id = subscription.price_stripe_id
 LEFT JOIN plan AS held ON held.id = held_price.plan
 LEFT JOIN price ON price.id = plan_change.price LEFT JOIN plan AS wanted ON wanted.id = price.plan
 WHERE plan_change.id = {}"""


async def change_of(customer: str, change_id: str) -> Change | None:
    """Return a change, if this customer asked for it."""
    return await _one(_SELECT + "id = {} AND customer = {}", change_id, customer)


async def change_under_way(customer: str) -> Change | None:
    """Return what a customer asked for last and Stripe has not done yet."""
    sql = _SELECT + "customer = {} AND state = 'asked' ORDER BY asked_at DESC, id DESC LIMIT 1"
    return await _one(sql, customer)


async def _one(sql: str, *values: Any) -> Change | None:
    rows = await run_sql(sql, *values)
    if not rows:
        return None
    return Change(**_read(rows[0]))


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    """Read a row with its times."""
    return {
        name: clock.stored_time(value) if name.endswith("_at") else value
        for name, value in row.items()
    }


async def details_of(change_id: str) -> dict[str, Any] | None:
    """Return all that is said about a change, and to whom."""
    rows = await run_sql(_DETAILS, change_id)
    return _read(rows[0]) if rows else None


async def hold_customer(customer: str) -> None:
    """Let one change of a customer be written after another, in this transaction."""
    if not is_sqlite():
        await run_sql("SELECT id FROM customer WHERE id = {} FOR NO KEY UPDATE", customer)


async def ask_for(
    operation: str,
    kind: str,
    *,
    company: str,
    customer: str,
    subscription: str,
    params: dict[str, Any],
    by: Asker = THEMSELVES,
    **told: Any,
) -> str:
    """Write a change down with the operation that makes it, in a transaction; return its id."""
    change = new_id("chng")
    values: dict[str, Any] = {
        "id": change, "customer": customer, "subscription": subscription, "kind": kind,
        "state": "asked", "problem": "", "reason": "", "quiet": by.quiet, "price": None,
        "made_of": "",
        "amount_today": 0, "next_amount": 0, "next_at": None, "currency": "",
        "takes_effect_at": None, "asked_at": clock.now(),
    } | told  # fmt: skip
    holes = ", ".join(["{}"] * len(values))
    await run_sql(
        f"INSERT INTO plan_change ({', '.join(values)}) VALUES ({holes})",  # noqa: S608
        *values.values(),
    )
    await enqueue(
        operation,
        company=company,
        lane=lane_of_customer(customer),
        params=params | {"subscription": subscription},
        customer=customer,
        subject=change,
    )
    await record(
        f"subscription.{kind}_asked",
        company=company,
        actor=by.actor,
        object_id=subscription,
        customer=customer,
    )
    if by.noted:
        await by.noted(change)
    return change


async def settled(company: str, customer: str, change_id: str, *, wait_s: float) -> Change | None:
    """Wait so long for a change to be done or refused, and return how it stands then."""
    until = time.monotonic() + wait_s
    with listening(change_id) as news:
        while True:
            change = await change_of(customer, change_id)
            left = until - time.monotonic()
            if change is None or change.state != "asked":
                return change
            # Where nothing is begun at Stripe, nobody is kept waiting for it.
            if left <= 0 or company in held_companies():
                return change
            await news.heard(min(_LOOK_EVERY_S, left))

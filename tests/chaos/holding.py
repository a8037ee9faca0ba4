"""What must hold in a town, whatever happened in it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from portal.database import run_sql
from portal.reconciliation.sweep import sellers, sweep
from tests.onboarding.shop import Shop

_ENDED = ("canceled", "incomplete_expired")


class Broken(AssertionError):
    """Something holds no longer that always must."""


async def nobody_is_there_twice(shop: Shop, seen: Counter[str]) -> None:
    """See that nobody is at Stripe twice, or holds two subscriptions there.

    Raises:
        Broken: somebody is, or does.
    """
    there = await customers_there(shop)
    emails = [row["email"] for row in there]
    if len(set(emails)) < len(emails):
        raise Broken(f"two customers at Stripe: {sorted(emails)}")
    for row in there:
        live = await live_of(shop, row["id"])
        seen.update(f"was {each['status']}" for each in live)
        if len(live) > 1:
            raise Broken(f"{row['email']} holds {len(live)} subscriptions")


async def sign_ups_are_there(shop: Shop, seen: Counter[str]) -> None:
    """See that every sign-up that was acknowledged has come to its end, once all is quiet.

    Raises:
        Broken: one waits for ever, or is not at Stripe as we know it.
    """
    there = {row["email"]: row["id"] for row in await customers_there(shop)}
    for row in await run_sql(
        "SELECT customer.email, customer.stripe_id, customer.status, onboarding.state"
        " FROM onboarding"
        " JOIN customer ON customer.id = onboarding.customer"
    ):
        if row["state"] in ("accepted", "customer_made"):
            raise Broken(f"{row['email']} waits for ever")
        seen[f"ended {row['state']}"] += 1
        is_gone = row["status"] == "detached"
        seen["was deleted at Stripe"] += is_gone
        is_there = there.get(row["email"]) == row["stripe_id"]
        if row["state"] == "ready" and is_there is is_gone:
            raise Broken(f"{row['email']} is ready, but not at Stripe as we know them")


async def changes_are_done(seen: Counter[str]) -> None:
    """See that every change that was asked for was done or refused, once all is quiet.

    What waits behind something that was refused is not due, and waits on.

    Raises:
        Broken: one was forgotten.
    """
    for row in await run_sql(
        "SELECT kind, state FROM plan_change WHERE NOT EXISTS (SELECT 1 FROM operation"
        " WHERE operation.subject = plan_change.id AND operation.state = 'ready')"
    ):
        if row["state"] == "asked":
            raise Broken(f"a change was forgotten: {row['kind']}")
        seen[f"{row['kind']} {row['state']}"] += 1


async def copies_are_true() -> None:
    """See that our copies are what Stripe has, once all is quiet.

    Raises:
        Broken: they differ.
    """
    seller, *_ = await sellers()
    report = await sweep(seller, full=True, calls_per_s=10_000.0)
    if report.differences:
        raise Broken(f"our copies differ: {report.differences}")


async def customers_there(shop: Shop) -> list[dict[str, Any]]:
    """Return every customer at Stripe who is not deleted."""
    rows = await shop.stripe.objects("customer")
    return [row for row in rows if not row.get("deleted")]


async def live_of(shop: Shop, customer: str | None) -> list[dict[str, Any]]:
    """Return the subscriptions of a customer at Stripe that have not ended."""
    rows = await shop.stripe.objects("subscription")
    return [row for row in rows if row["customer"] == customer and row["status"] not in _ENDED]

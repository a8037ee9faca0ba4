"""What a customer holds, read from our copies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from portal.database import run_sql
from portal.plans.tables import Plan, Price
from portal.subscriptions.hold import OVER, Card, Hold, Planned
from portal.subscriptions.tables import BillingProfile, Subscription

_NEVER = datetime.min.replace(tzinfo=UTC)


async def held_by(customer_id: str) -> Hold | None:
    """Return a customer's hold on a plan: the one that lives, else the last one; None for none."""
    held = await all_held_by(customer_id)
    return held[0] if held else None


async def all_held_by(customer_id: str) -> list[Hold]:
    """Return all that a customer holds or held: what lives first, then the newest."""
    found = await Subscription.select().where(Subscription.customer == customer_id)
    if not found:
        return []
    profile = await BillingProfile.select().where(BillingProfile.customer == customer_id).first()
    found.sort(key=lambda row: row["stripe_id"])
    found.sort(
        key=lambda row: (row["status"] not in OVER, row["started_at"] or _NEVER), reverse=True
    )
    return [await _hold_of(row, profile) for row in found]


async def _hold_of(row: dict[str, Any], profile: dict[str, Any] | None) -> Hold:
    plan = await _plan_of(row["price_stripe_id"]) or {}
    planned = await _planned(row)
    return Hold(
        **{name: row[name] for name in _TAKEN} | _next(row, planned),
        plan_name=plan.get("name", ""),
        plan_key=plan.get("key", ""),
        without_card=plan.get("trial_without_card", "cancel"),
        downgrade=plan.get("downgrade", "period_end"),
        is_pausable=plan.get("pausable", False),
        planned=planned,
        card=_card_of(profile),
        is_detached=bool(profile and profile["deleted"]),
    )


_TAKEN = (
    "stripe_id", "status", "amount", "currency", "interval", "price_stripe_id", "trial_ends_at",
    "period_ends_at", "cancel_at_period_end", "cancel_at", "ended_at", "started_at", "invoice",
    "invoice_status", "amount_due", "next_amount", "lasting_amount", "tax_added", "payment",
    "collection_paused", "schedule",
)  # fmt: skip


async def _plan_of(price_stripe_id: str) -> dict[str, Any] | None:
    price = await Price.select(Price.plan).where(Price.stripe_id == price_stripe_id).first()
    if price is None:
        return None
    return await (
        Plan.select(Plan.key, Plan.name, Plan.trial_without_card, Plan.downgrade, Plan.pausable)
        .where(Plan.id == price["plan"])
        .first()
    )


async def _planned(row: dict[str, Any]) -> Planned | None:
    if not row["planned_price"]:
        return None
    price = await Price.select().where(Price.stripe_id == row["planned_price"]).first()
    if price is None:
        return None
    plan = await Plan.select(Plan.name).where(Plan.id == price["plan"]).first()
    assert plan is not None
    # With a discount it costs less than its price: then Stripe told so when it was asked for.
    told = await run_sql(_PROMISED, row["stripe_id"], price["id"], row["planned_at"])
    amount = told[0]["next_amount"] if told else price["amount"]
    return Planned(plan["name"], amount, price["interval"], row["planned_at"])


_PROMISED = """SELECT next_amount FROM plan_change WHERE subscription = {} AND price = {}
 AND takes_effect_at = {} AND state = 'done' ORDER BY asked_at DESC LIMIT 1"""


def _next(row: dict[str, Any], planned: Planned | None) -> dict[str, int]:
    """Tell the next charge of what comes, if that comes first."""
    period_ends_at = row["period_ends_at"]
    if planned is None or period_ends_at is None or planned.at > period_ends_at:
        return {}
    return {"next_amount": planned.amount}


def _card_of(profile: dict[str, Any] | None) -> Card | None:
    if profile is None or not profile["payment_method"]:
        return None
    return Card(
        brand=profile["card_brand"],
        last4=profile["card_last4"],
        exp_month=profile["card_exp_month"],
        exp_year=profile["card_exp_year"],
    )

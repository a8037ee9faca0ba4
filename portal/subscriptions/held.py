"""What a customer holds, read from our copies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from portal.database import run_sql
from portal.plans.catalogue import ADD_ON
from portal.plans.offers import quantity_of, usage_of
from portal.subscriptions.hold import OVER, Card, HeldItem, Hold, Planned, Used, made_of
from portal.subscriptions.tables import BillingProfile, Subscription
from portal.subscriptions.usage import metered_in, used_of

_NOTHING: Mapping[str, Any] = MappingProxyType({})
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
    return [await _hold_of(row, profile) for row in _in_order(found)]


async def held_by_each(customers: Sequence[str]) -> dict[str, Hold]:
    """Return what each of these holds: the one that lives, else the last one; none for none."""
    if not customers:
        return {}
    found = await Subscription.select().where(Subscription.customer.is_in(list(customers)))
    known = await BillingProfile.select().where(BillingProfile.customer.is_in(list(customers)))
    profiles = {profile["customer"]: profile for profile in known}
    first: dict[str, dict[str, Any]] = {}
    for row in _in_order(found):
        first.setdefault(row["customer"], row)
    return {one: await _hold_of(row, profiles.get(one)) for one, row in first.items()}


def _in_order(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort copies: what lives first, then the newest."""
    by_name = sorted(rows, key=lambda row: row["stripe_id"])
    return sorted(
        by_name,
        key=lambda row: (row["status"] not in OVER, row["started_at"] or _NEVER),
        reverse=True,
    )


async def _hold_of(row: dict[str, Any], profile: dict[str, Any] | None) -> Hold:
    written, coming = json.loads(row["items"]), json.loads(row["planned_items"])
    written = written or [{"id": "", "price": row["price_stripe_id"], "quantity": 1, "meter": None}]
    coming = coming or ([[row["planned_price"], 1]] if row["planned_price"] else [])
    sold = await _sold({*(item["price"] for item in written), *(price for price, _ in coming)})
    plan = sold.get(row["price_stripe_id"]) or {}
    planned = await _planned(row, coming, sold)
    used = await used_of(list(metered_in(row)))
    return Hold(
        **{name: row[name] for name in _TAKEN} | _next(row, planned),
        plan_name=plan.get("name", ""),
        plan_key=plan.get("key", ""),
        without_card=plan.get("trial_without_card", "cancel"),
        downgrade=plan.get("downgrade", "period_end"),
        is_pausable=plan.get("pausable", False),
        price=plan.get("id", ""),
        items=tuple(
            _item(item["id"], item["price"], item["quantity"], sold, item["meter"], used)
            for item in written
        ),
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


async def _sold(prices: set[str]) -> dict[str, dict[str, Any]]:
    """Return what we sell at these prices of Stripe's, plans and add-ons."""
    holes = ", ".join(["{}"] * len(prices))
    rows = await run_sql(_SOLD.replace("PRICES", holes), *sorted(prices))
    return {row["stripe_id"]: row for row in rows}


_SOLD = """SELECT price.id, price.stripe_id, price.amount, price.interval, plan.key, plan.name,
 plan.visibility, plan.quantity, plan.usage, plan.trial_without_card, plan.downgrade, plan.pausable
 FROM price JOIN plan ON plan.id = price.plan WHERE price.stripe_id IN (PRICES)"""


def _item(
    stripe_id: str,
    price: str,
    quantity: int | None,
    sold: Mapping[str, dict[str, Any]],
    meter: str | None = None,
    used: Mapping[str, Used] = _NOTHING,
) -> HeldItem:
    found = sold.get(price)
    if found is None:
        return HeldItem(stripe_id, price, quantity, meter=meter)
    return HeldItem(
        stripe_id,
        price,
        quantity,
        key=found["key"],
        name=found["name"],
        is_add_on=found["visibility"] == ADD_ON,
        each=found["amount"],
        sold_by=quantity_of(found),
        usage=usage_of(found),
        meter=meter,
        used=used.get(stripe_id),
    )


async def _planned(
    row: dict[str, Any], coming: list[Any], sold: Mapping[str, dict[str, Any]]
) -> Planned | None:
    price = sold.get(row["planned_price"])
    if price is None:
        return None
    items = [_item("", one, quantity, sold) for one, quantity in coming]
    # With a discount it costs less than its price: then Stripe told so when it was asked for.
    told = await run_sql(_PROMISED, row["stripe_id"], price["id"], row["planned_at"])
    regular = sum((item.each or 0) * (item.quantity or 1) for item in items if not item.usage)
    amount = told[0]["next_amount"] if told else regular
    return Planned(made_of(items), amount, price["interval"], row["planned_at"])


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

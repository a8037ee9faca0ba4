"""Read what a site has on offer."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from portal.errors import DatabaseBusy
from portal.plans.catalogue import ADD_ON, AddOn, Offer, Pricing, Quantity, Usage
from portal.plans.tables import Plan, Price
from portal.sites.storefront import Storefront

_KEPT_S = 2.0
_LAST_SEEN: dict[str, tuple[float, tuple[Offer, ...]]] = {}


async def offers_of(site: Storefront) -> tuple[Offer, ...]:
    """Return the standard plans of this site in its order; remembered for two seconds.

    While the database cannot be asked they are those of before, so that forms can be shown again.
    """
    read_at, offers = _LAST_SEEN.get(site.id, (0.0, ()))
    if not offers or time.monotonic() - read_at > _KEPT_S:
        try:
            offers = _in_order(await _offers(site.company_id, "standard"), site.plan_keys)
        except DatabaseBusy:
            if not offers:
                raise
            return offers
        _LAST_SEEN[site.id] = (time.monotonic(), offers)
    return offers


async def own_offers(company_id: str, keys: Sequence[str]) -> tuple[Offer, ...]:
    """Return the exclusive plans of these keys that are on offer, in their order."""
    found = await _offers(company_id, "exclusive") if keys else {}
    return tuple(offer for key, offer in found.items() if key in keys)


async def offer_at(price_id: str) -> tuple[Offer, Pricing] | None:
    """Return the offer and its price by the price's id: any version, also those no longer sold."""
    price = await Price.select().where(Price.id == price_id).first()
    if price is None:
        return None
    plan = await Plan.select().where(Plan.id == price["plan"]).first()
    assert plan is not None
    offer = _offer(plan, [price], await _add_ons(plan["company"], [plan]))
    return offer, offer.prices[0]


async def all_offers(company_id: str) -> list[tuple[Offer, str]]:
    """Return all of a company's plans on offer with whom they are for: standard, then exclusive."""
    kinds = ("standard", "exclusive")
    found = [(kind, await _offers(company_id, kind)) for kind in kinds]
    return [(offer, kind) for kind, offers in found for offer in offers.values()]


async def meters_of(company_id: str) -> frozenset[str]:
    """Name the events that meters count of what this company sells or sold."""
    told = await Plan.select(Plan.usage).where(Plan.company == company_id, Plan.usage.is_not_null())
    return frozenset(usage["event"] for row in told if (usage := json.loads(row["usage"])))


def forget_offers() -> None:
    """Read the offers anew at the next request."""
    _LAST_SEEN.clear()


def _in_order(offers: dict[str, Offer], keys: tuple[str, ...]) -> tuple[Offer, ...]:
    return tuple(offers[key] for key in keys or offers if key in offers)


async def _offers(company_id: str, visibility: str) -> dict[str, Offer]:
    plans = (
        await Plan.select()
        .where(Plan.company == company_id, Plan.current.eq(True), Plan.visibility == visibility)
        .order_by(Plan.position)
    )
    prices = (
        await Price.select().where(Price.plan.is_in([plan["id"] for plan in plans]))
        if plans
        else []
    )
    sold = await _add_ons(company_id, plans)
    return {plan["key"]: _offer(plan, prices, sold) for plan in plans}


async def _add_ons(company_id: str, plans: list[dict[str, Any]]) -> dict[str, AddOn]:
    """Return what is sold beside these plans, by its key."""
    wanted = {key for plan in plans for key in json.loads(plan["add_ons"])}
    if not wanted:
        return {}
    found = await Plan.select().where(
        Plan.company == company_id, Plan.current.eq(True), Plan.visibility == ADD_ON
    )
    sold = [plan for plan in found if plan["key"] in wanted]
    prices = await Price.select().where(Price.plan.is_in([plan["id"] for plan in sold] or [""]))
    return {plan["key"]: _add_on(plan, prices) for plan in sold}


def _add_on(plan: dict[str, Any], prices: list[dict[str, Any]]) -> AddOn:
    return AddOn(
        **{name: plan[name] for name in ("key", "name", "description")},
        quantity=quantity_of(plan),
        usage=usage_of(plan),
        prices=_prices_of(plan, prices),
    )


def quantity_of(plan: Mapping[str, Any]) -> Quantity | None:
    """Read how many of a plan or add-on can be had; None where it is had once or not."""
    told = json.loads(plan["quantity"] or "null")
    return Quantity(**told) if told else None


def usage_of(plan: Mapping[str, Any]) -> Usage | None:
    """Read what is counted of an add-on."""
    told = json.loads(plan["usage"] or "null")
    return Usage(**told) if told else None


def _offer(plan: dict[str, Any], prices: list[dict[str, Any]], sold: Mapping[str, AddOn]) -> Offer:
    same = ("id", "key", "name", "description", "trial_days", "trial_without_card", "recommended")
    return Offer(
        **{name: plan[name] for name in (*same, "stripe_product")},
        features=tuple(json.loads(plan["features"])),
        next_steps=tuple(json.loads(plan["next_steps"])),
        prices=_prices_of(plan, prices),
        quantity=quantity_of(plan),
        add_ons=tuple(sold[key] for key in json.loads(plan["add_ons"]) if key in sold),
    )


def _prices_of(plan: dict[str, Any], prices: list[dict[str, Any]]) -> tuple[Pricing, ...]:
    return tuple(
        Pricing(**{name: price[name] for name in Pricing.__slots__})
        for price in sorted(prices, key=lambda price: (price["interval"], price["currency"]))
        if price["plan"] == plan["id"]
    )

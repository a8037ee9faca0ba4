"""Read what a site has on offer."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from portal.errors import DatabaseBusy
from portal.plans.catalogue import Offer, Pricing
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
    offer = _offer(plan, [price])
    return offer, offer.prices[0]


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
    return {plan["key"]: _offer(plan, prices) for plan in plans}


def _offer(plan: dict[str, Any], prices: list[dict[str, Any]]) -> Offer:
    same = ("id", "key", "name", "description", "trial_days", "trial_without_card", "recommended")
    return Offer(
        **{name: plan[name] for name in (*same, "stripe_product")},
        features=tuple(json.loads(plan["features"])),
        next_steps=tuple(json.loads(plan["next_steps"])),
        prices=tuple(
            Pricing(**{name: price[name] for name in Pricing.__slots__})
            for price in sorted(prices, key=lambda price: (price["interval"], price["currency"]))
            if price["plan"] == plan["id"]
        ),
    )

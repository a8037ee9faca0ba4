"""More on sale than the onboarding tests need: yearly prices, dollars, and a second site."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

from portal import clock
from portal.plans.offers import forget_offers
from portal.plans.tables import Plan, Price
from portal.sites.storefront import find_site, forget_sites
from portal.sites.tables import Site
from tests.onboarding.shop import PLANS, Shop


async def sell_more(shop: Shop) -> Shop:
    """Add the yearly prices, the dollars and the site of the United States."""
    prices = []
    for key, amount, _days in PLANS:
        dollars = amount + 100 * bool(amount)
        prices.append(_price(shop, key, "year", "eur", amount * 10))
        prices.append(_price(shop, key, "month", "usd", dollars))
        prices.append(_price(shop, key, "year", "usd", dollars * 10))
    await asyncio.gather(*prices)
    await Plan.update({Plan.features: '["Ten brushes", "Paper"]'}).where(Plan.key == "studio")
    await Site.insert(
        Site(
            id="site_2", number=2, company="comp_1", key="america", name="Acme Tea US",
            country="US", currency="usd", host="us.acme.example", default_plan="studio",
            created_at=clock.now(),
        )
    )  # fmt: skip
    return await refreshed(shop)


async def sell_parts(shop: Shop) -> Shop:
    """Sell House by the seat, and beside it a print edition, copies of it, and calls by a meter."""
    usage = json.dumps({"event": "calls", "unit": "call", "units": "calls"})
    meter = await shop.stripe.post(
        "billing/meters",
        {
            "display_name": "Calls",
            "event_name": "calls",
            "default_aggregation[formula]": "sum",
        },
    )
    copies = json.dumps({"unit": "copy", "units": "copies", "max": 9})
    await _add_on(shop, "print", 900)
    await _add_on(shop, "copies", 200, quantity=copies)
    await _add_on(shop, "calls", 5, usage=usage, meter=meter["id"])
    await Plan.update(
        {
            Plan.quantity: json.dumps({"unit": "seat", "units": "seats", "max": 20}),
            Plan.add_ons: '["print", "copies", "calls"]',
            Plan.trial_days: 0,
        }
    ).where(Plan.key == "house")
    return await refreshed(shop)


async def _add_on(shop: Shop, key: str, amount: int, **columns: Any) -> None:
    metered = {"recurring[usage_type]": "metered", "recurring[meter]": columns.get("meter", "")}
    price = await shop.stripe.post(
        "prices",
        {
            "unit_amount": str(amount),
            "currency": "eur",
            "recurring[interval]": "month",
            "product_data[name]": key.title(),
            "metadata[portal_add_on]": f"acme/{key}",
        }
        | (metered if "meter" in columns else {}),
    )
    await Plan.insert(
        Plan(
            id=f"plan_{key}", company="comp_1", key=key, name=key.title(), visibility="add_on",
            created_at=clock.now(), **columns,
        )
    )  # fmt: skip
    await Price.insert(
        Price(
            id=f"pric_{key}", plan=f"plan_{key}", interval="month", currency="eur", amount=amount,
            lookup_key=key, stripe_id=price["id"],
        )
    )  # fmt: skip


async def use(shop: Shop, customer_stripe_id: str, calls: int) -> None:
    """Report that somebody made so many calls, as the seller's software does."""
    payload = {"payload[stripe_customer_id]": customer_stripe_id, "payload[value]": str(calls)}
    await shop.stripe.post("billing/meter_events", {"event_name": "calls"} | payload)


async def change_site(shop: Shop, **changed: Any) -> Shop:
    """Change the first site's row."""
    await Site.update(**changed).where(Site.id == "site_1")
    return await refreshed(shop)


async def refreshed(shop: Shop) -> Shop:
    """Read the sites and offers anew."""
    forget_sites()
    forget_offers()
    return replace(shop, site=await find_site(None))


async def _price(shop: Shop, key: str, interval: str, currency: str, amount: int) -> None:
    lookup_key = f"{key}.{interval}.{currency}"
    plan = await Plan.select(Plan.stripe_product).where(Plan.key == key).first()
    assert plan is not None
    made = await shop.stripe.post(
        "prices",
        {
            "unit_amount": str(amount), "currency": currency, "recurring[interval]": interval,
            "product": plan["stripe_product"], "lookup_key": lookup_key,
        },
    )  # fmt: skip
    await Price.insert(
        Price(
            id=f"pric_{lookup_key}"[:40], plan=f"plan_{key}", interval=interval,
            currency=currency, amount=amount, lookup_key=lookup_key,
            stripe_id=made["id"],
        )
    )  # fmt: skip

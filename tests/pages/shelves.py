"""More on sale than the onboarding tests need: yearly prices, dollars, and a second site."""

from __future__ import annotations

import asyncio
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
    answer = await shop.stripe.http.post(
        f"{shop.stripe.url}/v1/prices",
        data={
            "unit_amount": str(amount), "currency": currency, "recurring[interval]": interval,
            "product": plan["stripe_product"], "lookup_key": lookup_key,
        },
        headers={"authorization": f"Bearer {shop.stripe.key}"},
    )  # fmt: skip
    answer.raise_for_status()
    await Price.insert(
        Price(
            id=f"pric_{lookup_key}"[:40], plan=f"plan_{key}", interval=interval,
            currency=currency, amount=amount, lookup_key=lookup_key,
            stripe_id=answer.json()["id"],
        )
    )  # fmt: skip

"""A seller with two storefronts and another seller, their endpoints, and things to tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal import clock
from portal.database import run_sql, transaction
from portal.deliveries.announce import announce
from portal.deliveries.endpoint import Endpoint
from portal.deliveries.endpoints import create_endpoint
from portal.sites.storefront import Storefront, all_sites, forget_sites
from portal.sites.tables import Company, Site

ADA = "cust_ada"
TOLD = {"id": ADA, "object": "customer", "email": "ada@example.com"}

_SITES = (("site_1", "comp_1", "DE"), ("site_2", "comp_1", "FR"), ("site_3", "comp_2", "DE"))


async def open_storefronts() -> tuple[Storefront, ...]:
    """Write two sellers: the first has two storefronts."""
    now = clock.now()
    for company in ("comp_1", "comp_2"):
        await Company.insert(Company(id=company, key=company, name=company, created_at=now))
    for number, (site, company, country) in enumerate(_SITES, start=1):
        await Site.insert(
            Site(
                id=site, number=number, company=company, key=site, name=site, country=country,
                currency="eur", created_at=now,
            )
        )  # fmt: skip
    forget_sites()
    return await all_sites()


async def listen_at(
    site: Storefront, url: str = "https://shop.example/hook", **given: Any
) -> tuple[Endpoint, str]:
    """Have a storefront's events told there; gives the endpoint and its secret."""
    return await create_endpoint(site, url=url, actor="operator", **given)


async def tell(
    event_type: str = "customer.updated",
    data: Mapping[str, Any] = TOLD,
    *,
    site: str = "site_1",
    company: str = "comp_1",
    customer: str | None = ADA,
    **given: Any,
) -> None:
    """Announce one thing in a transaction of its own."""

    async def told() -> Mapping[str, Any]:
        return data

    async with transaction():
        await announce(
            event_type, company=company, site=site, customer=customer, data=told, **given
        )


async def events() -> list[dict[str, Any]]:
    """Read every event, the oldest first."""
    return list(await run_sql("SELECT * FROM webhook_event ORDER BY created_at, id"))


async def deliveries() -> list[dict[str, Any]]:
    """Read every delivery, the oldest first."""
    return list(await run_sql("SELECT * FROM webhook_delivery ORDER BY id"))

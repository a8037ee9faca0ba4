"""How often somebody is led to Stripe's billing portal: few cards are ever tried from one hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from portal.access.limits import HOUR, Limit, give_back, network_of, never_more, wait_before
from portal.errors import EffectError, TooMany
from portal.sites.storefront import Storefront


async def count_visit(site: Storefront, customer: str, ip: str | None) -> None:
    """Count one more visit of a customer's, from this network. Call it outside a transaction.

    Raises:
        TooMany: there were as many within the hour as the site allows.
    """
    if wait := await wait_before(_limits(site, customer, ip)):
        raise TooMany(again_in=wait)


@asynccontextmanager
async def counted(site: Storefront, customer: str, ip: str | None) -> AsyncIterator[None]:
    """Count a visit before its way there is asked of Stripe, and only if there was one.

    Raises:
        TooMany: as `count_visit` tells.
    """
    await count_visit(site, customer, ip)
    try:
        yield
    except EffectError:
        await give_back(_limits(site, customer, ip))
        raise


def _limits(site: Storefront, customer: str, ip: str | None) -> dict[str, Limit]:
    """Name the limits; the network's last, since many may wait for its row."""
    of_one, of_network = (
        never_more(site.limits[name], HOUR)
        for name in ("billing_visits_per_hour", "network_billing_visits_per_hour")
    )
    limits = {f"billing:customer:{customer}": of_one}
    return limits | ({f"billing:network:{network_of(ip)}": of_network} if ip else {})

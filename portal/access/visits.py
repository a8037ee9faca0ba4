"""How often somebody is led to where Stripe takes cards: few are ever tried from one hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from portal.access.limits import HOUR, Limit, give_back, network_of, never_more, wait_before
from portal.errors import EffectError, TooMany
from portal.sites.storefront import Storefront


async def count_visit(site: Storefront, customer: str, ip: str | None) -> None:
    """Count one more visit of a customer's to the portal. Call it outside a transaction.

    Raises:
        TooMany: there were as many within the hour as the site allows; this one is not counted.
    """
    await _count(_limits(site, f"billing:customer:{customer}", ip))


async def count_visit_to_invoice(site: Storefront, customer: str, ip: str | None) -> None:
    """Count one more visit to the page of an open invoice: as many as to the portal, beside them.

    Raises:
        TooMany: as `count_visit` tells.
    """
    await _count(_limits(site, f"billing:invoice:{customer}", ip))


def counted(site: Storefront, customer: str, ip: str | None) -> AbstractAsyncContextManager[None]:
    """Count a visit before its way there is asked of Stripe, and only if there was one.

    Raises:
        TooMany: as `count_visit` tells.
    """
    return _counted(_limits(site, f"billing:customer:{customer}", ip))


def counted_by_program(site: Storefront, customer: str) -> AbstractAsyncContextManager[None]:
    """Count a way there that a seller's program asks for, whomever of theirs it then leads.

    Raises:
        TooMany: there were as many within the hour for this customer as the site allows.
    """
    most = never_more(site.limits["program_billing_visits_per_hour"], HOUR)
    return _counted({f"billing:program:{customer}": most})


@asynccontextmanager
async def _counted(limits: Mapping[str, Limit]) -> AsyncIterator[None]:
    await _count(limits)
    try:
        yield
    except (EffectError, TooMany):
        await give_back(limits)
        raise


async def _count(limits: Mapping[str, Limit]) -> None:
    if wait := await wait_before(limits, together=True):
        raise TooMany(again_in=wait)


def _limits(site: Storefront, one: str, ip: str | None) -> dict[str, Limit]:
    """Name the limits; the network's last, since many may wait for its row."""
    of_one, of_network = (
        never_more(site.limits[name], HOUR)
        for name in ("billing_visits_per_hour", "network_billing_visits_per_hour")
    )
    return {one: of_one} | ({f"billing:network:{network_of(ip)}": of_network} if ip else {})

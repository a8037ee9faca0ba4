"""Which plans somebody may change to: those of the site, and the exclusive ones that are theirs."""

from __future__ import annotations

from portal.customers.own_plans import own_plans_of
from portal.plans.catalogue import Offer, PlanNotOnOffer, Pricing
from portal.plans.offers import offer_at, offers_of, own_offers
from portal.sites.storefront import Storefront


async def choices_of(site: Storefront, customer: str) -> tuple[Offer, ...]:
    """Return what this customer may change to, the exclusive ones first."""
    own = await own_offers(site.company_id, await own_plans_of(customer))
    return (*own, *(await offers_of(site)))


async def choice_at(
    site: Storefront, customer: str, price: str, *, held: str = ""
) -> tuple[Offer, Pricing]:
    """Return the plan and its price by the price's id; the one held may be sold no more.

    Raises:
        PlanNotOnOffer: it is no longer on offer, or not to this customer.
    """
    for offer in await choices_of(site, customer):
        for pricing in offer.prices:
            if pricing.id == price and pricing.stripe_id:
                return offer, pricing
    if price and price == held and (found := await offer_at(price)):
        return found
    raise PlanNotOnOffer

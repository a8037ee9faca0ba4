"""What a visitor picked, as the address or the form says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.plans.catalogue import Chosen, Offer, PlanNotOnOffer, choose, currencies
from portal.plans.offers import offers_of
from portal.sites.storefront import Storefront
from portal.web.languages import currency_of, region_of
from portal.web.scope import Scope, header

ORDERED = ("plan", "interval", "currency")
NAMES = (*ORDERED, "coupon", "country")


def choices_in(wanted: Mapping[str, str]) -> dict[str, str]:
    """Return what an address may choose beforehand: never an answer, least of all a consent."""
    return {name: wanted[name] for name in NAMES if name in wanted}


def with_choices(before: Mapping[str, str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Put what an address chose in the place of what was chosen before; a plan goes as a whole."""
    replaced = ORDERED if "plan" in chosen else ()
    return {name: text for name, text in before.items() if name not in replaced} | dict(chosen)


async def chosen_of(scope: Scope, site: Storefront, typed: Mapping[str, str]) -> Chosen | None:
    """Find what was picked; else the site's default plan; None where there is neither.

    Raises:
        PlanNotOnOffer: the site does not sell that, at that interval, in that currency.
    """
    offers = await offers_of(site)
    key = typed.get("plan") or site.default_plan
    if not key:
        return None
    offer = next((offer for offer in offers if offer.key == key), None)
    if offer is None:
        raise PlanNotOnOffer
    currency = typed.get("currency", "").lower() or best_currency(scope, site, [offer])
    return choose(offers, key, typed.get("interval"), currency)


async def instead_of_gone(scope: Scope, site: Storefront) -> Chosen:
    """Return what the site sells in place of a plan that it sells no more.

    Raises:
        PlanNotOnOffer: it sells nothing.
    """
    offers = await offers_of(site)
    if not offers:
        raise PlanNotOnOffer
    offer = next((offer for offer in offers if offer.key == site.default_plan), offers[0])
    return choose(offers, offer.key, None, best_currency(scope, site, [offer]))


def best_currency(scope: Scope, site: Storefront, offers: Sequence[Offer]) -> str:
    """Return the currency of the reader's country if these can be had in it, else the site's."""
    offered = currencies(offers)
    region = region_of(header(scope, b"accept-language"))
    found = currency_of(region, offered)
    if found or site.currency in offered:
        return found or site.currency
    return next(iter(offered), site.currency)

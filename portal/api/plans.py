"""What is sold, and where: plans and sites."""

from __future__ import annotations

from collections.abc import Iterable

from litestar import get

from portal.api.selling_models import Plan, Plans, PlansAsked, Site, Sites
from portal.errors import NotFound
from portal.plans.catalogue import Offer
from portal.plans.offers import all_offers, offers_of
from portal.plans.shown import plan_shown
from portal.sites.shown import site_shown
from portal.sites.storefront import Storefront
from portal.web.programs.caller import Caller, site_of, sites_of
from portal.web.programs.described import described
from portal.web.programs.handle import Answer, Call, program

_READ = "plans:read"


@get(
    "/v1/plans",
    opt=described(
        _READ,
        "List the plans on offer: all, or a site's in its order",
        {200: Plans},
        query=PlansAsked,
        refusals={404: ("not_found",)},
        tag="Plans",
    ),
)
@program
async def list_plans(call: Call[None]) -> Answer:
    """List plans, with their add-ons; to a key of all sites also those for named customers."""
    named = call.asked(PlansAsked).site
    if named is None:
        offers = await _offers_for(call.caller)
    else:
        offers = await _offers_at([await site_of(call.caller, named)])
    data = [plan_shown(offer, visibility) for offer, visibility in offers]
    return Answer(200, {"object": "list", "url": call.url, "has_more": False, "data": data})


@get(
    "/v1/plans/{id:str}",
    opt=described(
        _READ,
        "Retrieve a plan by its key or id",
        {200: Plan},
        refusals={404: ("not_found",)},
        tag="Plans",
    ),
)
@program
async def retrieve_plan(call: Call[None]) -> Answer:
    """Tell the current version of a plan."""
    named = call.path["id"]
    for offer, visibility in await _offers_for(call.caller):
        if named in (offer.key, offer.id):
            return Answer(200, plan_shown(offer, visibility))
    raise NotFound


async def _offers_for(caller: Caller) -> list[tuple[Offer, str]]:
    """Return what a key may see of the plans, with whom each is for."""
    if not caller.sites:
        return await all_offers(caller.company)
    return await _offers_at(await sites_of(caller))


async def _offers_at(sites: Iterable[Storefront]) -> list[tuple[Offer, str]]:
    """Return what these sites have on offer for all, each plan once."""
    found = {offer.key: offer for site in sites for offer in await offers_of(site)}
    return [(offer, "standard") for offer in found.values()]


@get(
    "/v1/sites",
    opt=described(_READ, "List the sites that the key may act for", {200: Sites}, tag="Sites"),
)
@program
async def list_sites(call: Call[None]) -> Answer:
    """List sites, by their numbers."""
    data = [site_shown(site) for site in await sites_of(call.caller)]
    return Answer(200, {"object": "list", "url": call.url, "has_more": False, "data": data})


@get(
    "/v1/sites/{id:str}",
    opt=described(
        _READ,
        "Retrieve a site by its id or number",
        {200: Site},
        refusals={404: ("not_found",)},
        tag="Sites",
    ),
)
@program
async def retrieve_site(call: Call[None]) -> Answer:
    """Tell a site."""
    return Answer(200, site_shown(await site_of(call.caller, call.path["id"])))

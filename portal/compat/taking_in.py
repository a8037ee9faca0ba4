"""What doors 000 to 002 do alike: find the plan that is asked for, and sign a customer up."""

from __future__ import annotations

from portal.customers.details import CustomerDetails
from portal.customers.directory import customer_of
from portal.customers.tables import Customer
from portal.onboarding.asked import Asked
from portal.onboarding.signup import sign_up
from portal.plans.catalogue import Chosen, choose
from portal.plans.choosing import with_parts
from portal.plans.offers import offers_of
from portal.sites.storefront import Storefront

_SOURCE = "api"


async def plan_named(
    site: Storefront, named: str | None, *, trial_days: int | None = None
) -> Chosen | None:
    """Return a plan of the site's by its key or id, in the site's currency; None for none.

    Raises:
        PlanNotOnOffer: the site does not sell it.
        InvalidDetails: it has no such trial.
    """
    if named is None:
        return None
    chosen = choose(await offers_of(site), named, None, site.currency)
    return with_parts(chosen, trial_days=trial_days)


async def take_in(
    site: Storefront,
    details: CustomerDetails,
    chosen: Chosen | None,
    asked: Asked,
    *,
    verified: bool = False,
) -> tuple[Customer, bool]:
    """Sign a customer up; return them as they stand, and whether they are new."""
    signed_up = await sign_up(
        site, details, chosen=chosen, source=_SOURCE, verified=verified, asked=asked
    )
    return await customer_of(signed_up.customer), signed_up.is_new

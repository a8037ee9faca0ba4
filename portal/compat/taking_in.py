"""What doors 000 to 002 do alike: find the plan that is asked for, and sign a customer up."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from portal.customers.details import CustomerDetails
from portal.customers.directory import EmailTaken, ExternalIdTaken, customer_of
from portal.customers.erased import CustomerErased
from portal.customers.tables import Customer
from portal.errors import NotBegun
from portal.onboarding.arrival import SignUpRefused, wait_for_customer, wait_for_plan
from portal.onboarding.asked import Asked
from portal.onboarding.begin_anew import begin_anew, refused_for_good
from portal.onboarding.sell import Sold, sell
from portal.onboarding.signup import sign_up
from portal.plans.catalogue import Chosen, choose
from portal.plans.choosing import with_parts
from portal.plans.offers import offers_of, own_offers
from portal.privacy.delete import delete_refused
from portal.sites.storefront import Storefront

_SOURCE = "api"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A customer as they stand, and what came of what was asked.

    how: made by this call; mended, since Stripe had refused to make them; or known, and left.
    sold: what became of the plan of who was known, where one was asked for.
    """

    customer: Customer
    how: Literal["made", "mended", "known"]
    sold: Sold | None = None

    @property
    def id(self) -> str:
        """Return the customer's id."""
        return str(self.customer.id)


async def plan_named(
    site: Storefront, named: str | None, *, trial_days: int | None = None
) -> Chosen | None:
    """Return a plan by its key or id, in the site's currency; None for none.

    Exclusive ones too, since it is the seller who asks.

    Raises:
        PlanNotOnOffer: the site does not sell it.
        InvalidDetails: it has no such trial.
    """
    if named is None:
        return None
    offers = (*await offers_of(site), *await own_offers(site.company_id, [named]))
    return with_parts(choose(offers, named, None, site.currency), trial_days=trial_days)


async def take_in(
    site: Storefront,
    details: CustomerDetails,
    chosen: Chosen | None,
    asked: Asked,
    *,
    verified: bool = False,
    only_first: bool = False,
) -> TakenIn:
    """Sign a customer up, or whom Stripe refused once more; sell the plan to who is known.

    With `only_first` nothing is sold to who held a plan before.

    Raises:
        EmailTaken, ExternalIdTaken: the customer is known, and the program did not mean them.
        SignUpRefused, NotBegun: see `sell`.
    """
    for _ in range(_TRIES):
        try:
            return await _take_in(site, details, chosen, asked, verified, only_first)
        except (CustomerErased, NotBegun):
            # Deleted, or refused, this very moment: things stand otherwise by now.
            continue
    raise NotBegun("Who is known changes all the time.")


async def at_stripe(
    taken: TakenIn, wait_s: float, *, actor: str, with_plan: bool = False
) -> str | None:
    """Return a customer's id at Stripe (cus_…) once it is there; None: not so soon.

    Whom this very call made, and Stripe refused, is deleted again: nothing is in the way of a next
    one. With a plan it waits for that, too, as long as there is time.

    Raises:
        SignUpRefused: Stripe did not take what was told, or did not sell the plan.
    """
    until = time.monotonic() + wait_s
    try:
        stripe_id = await wait_for_customer(taken.id, wait_s)
    except SignUpRefused:
        if taken.how == "made":
            await delete_refused(taken.id, actor=actor)
        raise
    if stripe_id and with_plan:
        await wait_for_plan(taken.id, max(until - time.monotonic(), 0.0))
    return stripe_id


async def _take_in(
    site: Storefront,
    details: CustomerDetails,
    chosen: Chosen | None,
    asked: Asked,
    verified: bool,
    only_first: bool,
) -> TakenIn:
    try:
        met = await sign_up(
            site, details, chosen=chosen, source=_SOURCE, verified=verified, asked=asked
        )
    except (EmailTaken, ExternalIdTaken):
        refused = await refused_for_good(site, details, asked)
        if refused is None or not await begin_anew(
            site, refused, details, chosen, asked, verified=verified
        ):
            raise
        return TakenIn(await customer_of(refused), "mended")
    if met.is_new:
        return TakenIn(await customer_of(met.customer), "made")
    if met.is_refused and await begin_anew(
        site, met.customer, details, chosen, asked, verified=verified
    ):
        return TakenIn(await customer_of(met.customer), "mended")
    sold = None
    if chosen:
        sold = await sell(site, met.customer, details, chosen, asked, only_first=only_first)
    return TakenIn(await customer_of(met.customer), "known", sold)

"""Subscribe a customer who is known to what a program names, if they never held it.

Docs: docs/decisions/0030-once-more.md
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal.audit.record import record
from portal.customers.address import Address
from portal.customers.details import CustomerDetails
from portal.customers.directory import EmailTaken, lock_customer
from portal.customers.known import details_of
from portal.customers.tables import Customer
from portal.database import transaction
from portal.errors import NotBegun
from portal.onboarding.arrival import SignUpRefused
from portal.onboarding.asked import Asked
from portal.onboarding.change import put_change
from portal.onboarding.opening import open_sale
from portal.onboarding.sale import Sale, lock_sale
from portal.onboarding.sold import Sold, standing_of, waiting_for
from portal.onboarding.steps import CREATE_SUBSCRIPTION
from portal.operations.save import abandon
from portal.operations.wake import wake
from portal.plans.catalogue import Chosen
from portal.sites.storefront import Storefront

__all__ = ["Sold", "sell"]

_GONE = "detached"


async def sell(
    site: Storefront,
    customer_id: str,
    details: CustomerDetails,
    chosen: Chosen,
    asked: Asked,
    *,
    only_first: bool = False,
) -> Sold:
    """Have a customer who is known subscribed, once, however often and by how many it is asked.

    Whoever holds a plan keeps it as it is. Who held this one before is not sold it again, and with
    `only_first` nothing is sold to who held any: the same request may come late, or every night.
    What was never paid for was not held: it is sold again, once a week at most.
    What is sold is left due, since they are not there. Where Stripe refused the last sale for the
    customer's details, what `details` say is put over them.

    Raises:
        CustomerErased: there is nobody any more.
        EmailTaken: they are another site's, which sells by itself.
        SignUpRefused: they were deleted at Stripe.
        NotBegun: Stripe was never asked to have them to the end; it may be just now.
    """
    # Outside of the write lock, so that whoever has a plan holds up nobody.
    standing = await standing_of(customer_id, chosen, await waiting_for(customer_id), only_first)
    if standing:
        return standing
    async with transaction():
        sale = await lock_sale(customer_id)
        customer = await lock_customer(customer_id)
        # Read once more: who was faster has sold meanwhile.
        waiting = await waiting_for(customer_id)
        standing = await standing_of(customer_id, chosen, waiting, only_first)
        if standing:
            return standing
        _refuse_others(sale, customer, site)
        again = None if customer.stripe_id else sale.id
        if waiting:
            again = waiting["subject"]
            customer = await _take_back(sale, waiting, customer, details, asked)
        await open_sale(site, customer, chosen, asked, again=again)
        await _write_down(customer_id, asked, site)
    wake()
    return "sold"


def _refuse_others(sale: Sale, customer: Customer, site: Storefront) -> None:
    if customer.site != site.id:
        raise EmailTaken
    if customer.status == _GONE:
        raise SignUpRefused("", "resource_missing", "The customer was deleted at Stripe.")
    makes_them = any(one["state"] == "ready" for one in sale.undone.values())
    if not customer.stripe_id and not makes_them:
        raise NotBegun("Stripe does not have this customer.")


async def _take_back(
    sale: Sale,
    refused: Mapping[str, Any],
    customer: Customer,
    details: CustomerDetails,
    asked: Asked,
) -> Customer:
    """Give a refused sale up for another, and mend first what of the customer may be at fault."""
    await abandon(refused["id"])
    if refused["came_to"] != "refused":
        return customer
    left = {kind: one for kind, one in sale.undone.items() if kind != CREATE_SUBSCRIPTION}
    mended = _put_over(details_of(customer), details)
    return await put_change(replace(sale, undone=left), customer, mended, asked)


def _put_over(had: CustomerDetails, said: CustomerDetails) -> CustomerDetails:
    """Return what we have with what is said put over it; what is not said stays."""
    given = {name: text for name in _TEXTS if (text := getattr(said, name))}
    if said.phone:
        given["phone_e164"] = said.phone_e164
    if said.tax_id:
        given["tax_id_type"] = said.tax_id_type
    if said.address != Address():
        given["address"] = said.address
    return replace(had, **given)


_TEXTS = ("first_name", "last_name", "organisation", "phone", "tax_id")


async def _write_down(customer_id: str, asked: Asked, site: Storefront) -> None:
    await record(
        "subscription.begin_asked",
        company=site.company_id,
        actor=asked.actor,
        object_id=customer_id,
    )

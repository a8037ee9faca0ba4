"""Stripe's billing portal for a customer, on behalf of a seller's program."""

from __future__ import annotations

from portal.access.visits import counted_by_program
from portal.customers.tables import Customer
from portal.errors import NotFound
from portal.onboarding.params import portal_locale
from portal.settings import settings
from portal.sites.return_urls import ReturnUrlNotListed, is_listed
from portal.sites.storefront import Storefront, site_of
from portal.subscriptions.billing_page import page_for


async def portal_page(
    customer: Customer, *, return_url: str | None = None, flow: bool, done_url: str | None = None
) -> str:
    """Mint a session, in the customer's language. Its address is a credential: never keep it.

    With `flow` it opens on the payment method, and goes to `done_url` when that is there.

    Raises:
        ReturnUrlNotListed: it would lead elsewhere than the seller declared.
        NotFound: the customer was deleted or erased.
        TooMany: so many were made within the hour, or too many cards of theirs were refused.
        EffectError: Stripe did not answer, does not know the customer yet, or refused.
    """
    site = await site_of(str(customer.site))
    for url in (return_url, done_url):
        refuse_unlisted(url, site)
    if customer.status not in ("active", "detached"):
        raise NotFound
    async with counted_by_program(site, str(customer.id)):
        page = await page_for(
            str(customer.company),
            str(customer.id),
            site,
            return_url=return_url or account_page(),
            flow=flow,
            locale=portal_locale(str(customer.locale)),
            done_url=done_url,
        )
    if page is None:
        raise NotFound
    return page


def account_page() -> str:
    """Return where customers sign in and see what they have, and had. It is no credential."""
    return f"{settings().base_url}/account"


def refuse_unlisted(url: str | None, site: Storefront) -> None:
    """Let pass only an address at one of the site's origins, or ours.

    Raises:
        ReturnUrlNotListed: it lies elsewhere.
    """
    if url and not is_listed(url, site.return_origins, str(settings().base_url)):
        raise ReturnUrlNotListed

"""Lead a signed-in customer to their billing portal."""

from __future__ import annotations

from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.errors import NotBegun
from portal.sites.storefront import Storefront

_SELECT = "SELECT company, stripe_id FROM customer WHERE id = {}"


async def billing_page(customer_id: str, site: Storefront, *, return_url: str, locale: str) -> str:
    """Mint a session of the billing portal. Its address is a credential: redirect, never keep it.

    Ask only for whom a sign-in within the hour, or the flow that made them, vouches.

    Raises:
        NotBegun: Stripe does not know the customer yet.
        EffectError: Stripe did not answer, or refused.
    """
    rows = await run_sql(_SELECT, customer_id)
    if not rows or rows[0]["stripe_id"] is None:
        raise NotBegun("There is no customer at Stripe yet.")
    gateway = await gateway_of(rows[0]["company"])
    return await gateway.create_portal_session(
        rows[0]["stripe_id"],
        return_url=return_url,
        flow=False,
        configuration=site.portal_configuration,
        locale=locale,
    )

"""Lead a signed-in customer to their billing portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.errors import NotBegun
from portal.sites.storefront import Storefront
from portal.subscriptions.cards_held import refuse_held
from portal.subscriptions.payment import AUTHENTICATION_REQUIRED

_TO_CONFIRM = """SELECT customer.id, customer.company, subscription.invoice
 FROM subscription JOIN customer ON customer.id = subscription.customer
 WHERE subscription.customer = {} AND subscription.payment = {} AND subscription.invoice IS NOT NULL
 ORDER BY subscription.stripe_id DESC LIMIT 1"""
_TO_PAY = """SELECT customer.id, customer.company, subscription.invoice
 FROM subscription JOIN customer ON customer.id = subscription.customer
 WHERE subscription.customer = {} AND subscription.invoice_status = 'open'
 AND subscription.amount_due > 0 AND subscription.status IN ('incomplete', 'past_due', 'unpaid')
 ORDER BY subscription.stripe_id DESC LIMIT 1"""
_SELECT = "SELECT company, stripe_id FROM customer WHERE id = {}"


async def billing_page(customer_id: str, site: Storefront, *, return_url: str, locale: str) -> str:
    """Mint a session of the billing portal. Its address is a credential: redirect, never keep it.

    Ask only for whom a sign-in within the hour, or the flow that made them, vouches.

    Raises:
        NotBegun: Stripe does not know the customer yet.
        CardsHeld: too many cards of theirs were refused.
        EffectError: Stripe did not answer, or refused.
    """
    rows = await run_sql(_SELECT, customer_id)
    if not rows or rows[0]["stripe_id"] is None:
        raise NotBegun("There is no customer at Stripe yet.")
    await refuse_held(customer_id)
    gateway = await gateway_of(rows[0]["company"])
    return await gateway.create_portal_session(
        rows[0]["stripe_id"],
        return_url=return_url,
        flow=False,
        configuration=site.portal_configuration,
        locale=locale,
    )


async def page_for(
    company: str,
    customer: str,
    site: Storefront,
    *,
    return_url: str,
    flow: bool,
    locale: str,
    done_url: str | None = None,
) -> str | None:
    """Mint a session for a seller's program, whose key vouches; None if there is no such customer.

    Raises:
        NotBegun: Stripe does not know the customer yet.
        CardsHeld: too many cards of theirs were refused.
        EffectError: Stripe did not answer, or refused.
    """
    rows = await run_sql(
        "SELECT stripe_id FROM customer WHERE company = {} AND id = {}", company, customer
    )
    if not rows:
        return None
    if rows[0]["stripe_id"] is None:
        raise NotBegun("There is no customer at Stripe yet.")
    await refuse_held(customer)
    gateway = await gateway_of(company)
    return await gateway.create_portal_session(
        rows[0]["stripe_id"],
        return_url=return_url,
        flow=flow,
        configuration=site.portal_configuration,
        locale=locale,
        done_url=done_url,
    )


async def confirmation_page(customer_id: str) -> str | None:
    """Return Stripe's page on which a payment is confirmed with the bank; None if none waits.

    Its address is a credential like the billing portal's: for the same people, and never kept.

    Raises:
        CardsHeld: too many cards of theirs were refused; it takes other cards, too.
        EffectError: Stripe did not answer, or refused.
    """
    return await _invoice_page(await run_sql(_TO_CONFIRM, customer_id, AUTHENTICATION_REQUIRED))


async def payment_page(customer_id: str) -> str | None:
    """Return Stripe's page on which what is due is paid; None if nothing is. A credential as well.

    Raises:
        CardsHeld: too many cards of theirs were refused; it takes other cards, too.
        EffectError: Stripe did not answer, or refused.
    """
    return await _invoice_page(await run_sql(_TO_PAY, customer_id))


async def _invoice_page(rows: Sequence[Mapping[str, Any]]) -> str | None:
    if not rows:
        return None
    await refuse_held(rows[0]["id"])
    gateway = await gateway_of(rows[0]["company"])
    return await gateway.invoice_page(rows[0]["invoice"])

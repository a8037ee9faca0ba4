"""Sign somebody up: the only way a customer comes to be."""

from __future__ import annotations

from dataclasses import dataclass

from portal import clock
from portal.access.flows import flows_of, grant_flow
from portal.audit.record import record
from portal.billing.billed import Discount
from portal.customers.details import CustomerDetails
from portal.customers.register import register
from portal.customers.tables import Customer
from portal.customers.told import CREATED, VERIFIED, tell_of
from portal.database import run_sql, transaction
from portal.onboarding.asked import PLAIN, Asked, meet
from portal.onboarding.opening import open_onboarding
from portal.onboarding.resubmit import newest_state, refused_before, take_again
from portal.operations.head_start import begin
from portal.plans.catalogue import Chosen
from portal.sites.storefront import Storefront


@dataclass(frozen=True, slots=True)
class SignedUp:
    """What came of a sign-up.

    onboarding: its id (onbo_…); None when a known customer never came in by one.
    customer: the customer's id. Show neither to a browser unless is_new or is_own_flow.
    is_new: this very call made the customer.
    is_own_flow: this browser made the customer, now or within its last half hour, and may go on
        to the billing portal. Otherwise the e-mail is known, nothing was changed, and the way on
        is a sign-in mail.
    is_refused: Stripe refused the sign-up of a customer who is known.
    """

    onboarding: str | None
    customer: str
    is_new: bool
    is_own_flow: bool
    is_refused: bool = False


async def sign_up(
    site: Storefront,
    details: CustomerDetails,
    *,
    chosen: Chosen | None,
    coupon: Discount | None = None,
    source: str = "page",
    browser_hash: str | None = None,
    verified: bool = False,
    again: str | None = None,
    asked: Asked = PLAIN,
) -> SignedUp:
    """Register a customer of this site and have them subscribed to what they chose.

    Our rows and the operations that Stripe still owes us are written together; the worker calls
    Stripe after the commit. Safe to repeat: a known e-mail changes nothing, unless the browser
    that just made this customer sends the form again, which mends what it said before.

    `source` names the door; `verified` says that the e-mail was proved to be theirs; `again` is the
    sign-up of this browser at this site that this one mends, even by another e-mail, if Stripe
    refused it; `asked` is what a program asks beside that, and what a known e-mail means to it.

    Raises:
        DatabaseBusy: nothing was stored.
        EmailTaken, ExternalIdTaken: the customer is known, and the program did not mean them.
    """
    # Outside of the write lock, so that a known e-mail holds up nobody.
    known, kept = await meet(site.company_id, details, asked)
    if known is None and again and browser_hash:
        known = await refused_before(site.id, again, browser_hash)
    if known is None:
        async with transaction():
            customer, is_new = await register(
                site, kept, source=source, profile=asked.profile, consents=asked.consents
            )
            if is_new:
                onboarding, first = await open_onboarding(
                    site, customer, kept, chosen, coupon, asked
                )
                if browser_hash:
                    await grant_flow(onboarding, customer.id, browser_hash)
                await _write_down(site, customer, asked, verified=verified)
        if is_new:
            begin(first)
            return SignedUp(onboarding, customer.id, is_new=True, is_own_flow=True)
        if asked is not PLAIN:
            # Somebody was faster: whom a program meets now is known.
            return await sign_up(
                *(site, details), chosen=chosen, coupon=coupon, source=source, verified=verified,
                asked=asked,
            )  # fmt: skip
        known = customer
    return await _again(site, known, details, chosen, coupon, browser_hash, verified=verified)


async def _write_down(
    site: Storefront, customer: Customer, asked: Asked, *, verified: bool
) -> None:
    if verified:
        await _note_verified(customer.id)
    await record(
        "customer.signed_up",
        company=site.company_id,
        actor=asked.actor,
        object_id=customer.id,
    )
    for event in (CREATED, VERIFIED) if verified else (CREATED,):
        await tell_of(event, customer.id, company=site.company_id, site=site.id, quiet=asked.quiet)


async def _again(
    site: Storefront,
    known: Customer,
    details: CustomerDetails,
    chosen: Chosen | None,
    coupon: Discount | None,
    browser_hash: str | None,
    *,
    verified: bool,
) -> SignedUp:
    """Answer for an e-mail that we know: whoever sends it may be its owner, or anybody."""
    flows = await flows_of(browser_hash) if browser_hash else []
    if any(flow.customer == known.id for flow in flows):
        onboarding = await take_again(site, known, details, chosen, coupon)
        if verified:
            async with transaction():
                await _note_verified(known.id)
                if not known.email_verified_at:
                    await tell_of(VERIFIED, known.id, company=site.company_id)
        return SignedUp(onboarding, known.id, is_new=False, is_own_flow=True)
    before, state = await newest_state(known.id)
    is_refused = state in ("refused", "stuck")
    return SignedUp(before, known.id, is_new=False, is_own_flow=False, is_refused=is_refused)


async def _note_verified(customer: str) -> None:
    await run_sql("UPDATE customer SET email_verified_at = {} WHERE id = {}", clock.now(), customer)

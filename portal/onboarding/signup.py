"""Sign somebody up: the only way a customer comes to be."""

from __future__ import annotations

from dataclasses import dataclass

from portal import clock
from portal.access.flows import flows_of, grant_flow
from portal.audit.record import record
from portal.billing.billed import Discount
from portal.customers.details import CustomerDetails
from portal.customers.directory import find_by_email
from portal.customers.register import register
from portal.customers.tables import Customer
from portal.database import run_sql, transaction
from portal.ids import new_id
from portal.onboarding.params import customer_params, site_marks, subscription_params
from portal.onboarding.resubmit import newest_onboarding, refused_before, take_again
from portal.onboarding.steps import CREATE_CUSTOMER, CREATE_SUBSCRIPTION
from portal.operations.enqueue import Owed, enqueue_all, lane_of_customer
from portal.operations.head_start import begin
from portal.operations.step import Claimed
from portal.plans.catalogue import Chosen
from portal.plans.discounts import charges
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
    """

    onboarding: str | None
    customer: str
    is_new: bool
    is_own_flow: bool


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
) -> SignedUp:
    """Register a customer of this site and have them subscribed to what they chose.

    Our rows and the operations that Stripe still owes us are written together; the worker calls
    Stripe after the commit. Safe to repeat: a known e-mail changes nothing, unless the browser
    that just made this customer sends the form again, which mends what it said before.

    `source` names the door; `verified` says that the e-mail was proved to be theirs; `again` is the
    sign-up of this browser at this site that this one mends, even by another e-mail, if Stripe
    refused it.

    Raises:
        DatabaseBusy: nothing was stored.
    """
    # Outside of the write lock, so that a known e-mail holds up nobody.
    known = await find_by_email(site.company_id, details.email_key)
    if known is None and again and browser_hash:
        known = await refused_before(site.id, again, browser_hash)
    if known is None:
        async with transaction():
            customer, is_new = await register(site, details, source=source)
            if is_new:
                onboarding, first = await _open(site, customer, details, chosen, coupon)
                if browser_hash:
                    await grant_flow(onboarding, customer.id, browser_hash)
                await _write_down(site, customer, verified=verified)
        if is_new:
            begin(first)
            return SignedUp(onboarding, customer.id, is_new=True, is_own_flow=True)
        known = customer
    return await _again(site, known, details, chosen, coupon, browser_hash, verified=verified)


async def _open(
    site: Storefront,
    customer: Customer,
    details: CustomerDetails,
    chosen: Chosen | None,
    coupon: Discount | None,
) -> tuple[str, Claimed | None]:
    """Write the onboarding and what is owed at Stripe for it; return its id and what may begin."""
    onboarding, company, lane = new_id("onbo"), site.company_id, lane_of_customer(customer.id)
    await run_sql(
        "INSERT INTO onboarding (id, customer, site, plan, price, lasting_amount, coupon, state,"
        " problem_field, problem_code, problem_text, created_at)"
        " VALUES ({}, {}, {}, {}, {}, {}, {}, 'accepted', '', '', '', {})",
        *(onboarding, customer.id, site.id),
        *((chosen.offer.id, chosen.pricing.id) if chosen else (None, None)),
        *(charges(chosen, coupon).lasting if chosen else None, coupon.code if coupon else ""),
        clock.now(),
    )
    marks = site_marks(site) | {"customer": customer.id, "onboarding": onboarding}
    params = customer_params(details, site, marks)
    owed = [Owed(CREATE_CUSTOMER, company, lane, params, customer.id, onboarding)]
    if chosen:
        params = subscription_params(chosen, site, coupon, marks)
        owed.append(Owed(CREATE_SUBSCRIPTION, company, lane, params, customer.id, onboarding))
    return onboarding, await enqueue_all(owed, head_start=True)


async def _write_down(site: Storefront, customer: Customer, *, verified: bool) -> None:
    if verified:
        await _note_verified(customer.id)
    await record(
        "customer.signed_up",
        company=site.company_id,
        actor="customer",
        object_id=customer.id,
    )


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
            await _note_verified(known.id)
        return SignedUp(onboarding, known.id, is_new=False, is_own_flow=True)
    before = await newest_onboarding(known.id)
    return SignedUp(before, known.id, is_new=False, is_own_flow=False)


async def _note_verified(customer: str) -> None:
    await run_sql("UPDATE customer SET email_verified_at = {} WHERE id = {}", clock.now(), customer)

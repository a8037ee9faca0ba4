"""A customer who is there buys a plan, once for each page on which they were shown it.

Docs: docs/decisions/0031-a-way-back.md
"""

from __future__ import annotations

from dataclasses import replace

from portal import clock
from portal.audit.record import record
from portal.billing.billed import Discount
from portal.customers.consents import TERMS, note_consents
from portal.customers.directory import lock_customer
from portal.customers.tables import Customer
from portal.database import run_sql, transaction
from portal.errors import PortalError, Problem
from portal.onboarding.asked import PLAIN
from portal.onboarding.opening import open_sale
from portal.onboarding.sale import lock_sale
from portal.onboarding.sold import waiting_for
from portal.operations.save import abandon
from portal.operations.wake import wake
from portal.plans.catalogue import Chosen
from portal.sites.storefront import Storefront
from portal.subscriptions.held import held_by

_GONE = "detached"

HELD = Problem("plan_held", "You have a plan already. Change it in your account.")
ELSEWHERE = Problem("other_shop", "You are a customer of another of our shops. Order there.")
CLOSED = Problem("billing_closed", "Your billing account was closed. Write to us, and we help.")
NOT_READY = Problem(
    "not_ready", "Your account is still being set up. Wait a few minutes, then order."
)

_HAD = """SELECT 1 AS had FROM subscription WHERE customer = {}
UNION ALL SELECT 1 FROM onboarding
 WHERE customer = {} AND subscription_stripe_id IS NOT NULL LIMIT 1"""


class CannotBuy(PortalError):
    """This customer cannot buy a plan, or not now; `problem` says why."""

    status = 409
    code = "cannot_buy"

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.sentence = str(problem)


async def as_sold_to(customer_id: str, chosen: Chosen) -> Chosen:
    """Return what was chosen as a customer can have it: whoever held a plan has no other trial."""
    is_tried = chosen.trial_days and await had_a_plan(customer_id)
    return replace(chosen, trial=0) if is_tried else chosen


async def had_a_plan(customer_id: str) -> bool:
    """Tell whether a customer holds a plan, or ever held one."""
    return bool(await run_sql(_HAD, customer_id, customer_id))


async def hindrance(site: Storefront, customer: Customer) -> Problem | None:
    """Say why a customer can buy nothing at this site, as our copies tell it."""
    if customer.site != site.id:
        return ELSEWHERE
    if customer.status == _GONE:
        return CLOSED
    if not customer.stripe_id:
        return NOT_READY
    hold = await held_by(customer.id)
    return HELD if hold and not hold.is_over else None


async def buy(
    site: Storefront,
    customer_id: str,
    chosen: Chosen,
    coupon: Discount | None,
    *,
    seen: str,
    agreed: bool,
) -> str:
    """Have a customer who is there subscribed; return the sign-up (onbo_…) that does it.

    `seen` is their newest sign-up as of the page that they ordered on, "" for none. If there is
    another by now, that was this very order, sent before or in another tab: it is returned, and
    nothing is sold. So it is with a sale that waits for Stripe. Safe to repeat.

    Raises:
        CannotBuy: they hold a plan, or cannot have one here.
        CustomerErased: there is nobody any more.
    """
    async with transaction():
        sale = await lock_sale(customer_id)
        customer = await lock_customer(customer_id)
        if sale.id and sale.id != seen:
            return sale.id
        waiting = await waiting_for(customer_id)
        if waiting and waiting["state"] == "ready":
            return str(waiting["subject"])
        if problem := await hindrance(site, customer):
            raise CannotBuy(problem)
        if waiting:
            await abandon(waiting["id"])
        if agreed:
            # Also who agreed before: this is another contract, perhaps to newer terms.
            given, now = {TERMS: True}, clock.now()
            await note_consents(customer_id, given, site.terms_version, "page", now)
        onboarding = await open_sale(site, customer, chosen, PLAIN, coupon=coupon, is_there=True)
        await record(
            "subscription.begin_asked",
            company=site.company_id,
            actor="customer",
            object_id=customer_id,
        )
    wake()
    return onboarding

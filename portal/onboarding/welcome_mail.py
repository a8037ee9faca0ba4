"""The mail that welcomes whoever has signed up."""

from __future__ import annotations

from typing import Any

from portal.customers.tables import Customer
from portal.deliveries.mail import Mail, link_to, mail_step
from portal.onboarding.tables import Onboarding
from portal.operations.step import Claimed
from portal.plans.offers import offer_at
from portal.sites.storefront import Storefront, site_of
from portal.subscriptions.tables import Subscription

SEND_WELCOME = "send_welcome"


async def write_welcome(op: Claimed) -> Mail | None:
    """Write the welcome with what is known by now; None when there is nobody to write to."""
    onboarding = await Onboarding.objects().get(Onboarding.id == op.params["onboarding"])
    customer = await Customer.objects().get(Customer.id == op.customer)
    if onboarding is None or customer is None or not customer.email:
        return None
    site = await site_of(onboarding.site)
    context = {
        "name": customer.first_name,
        "link": link_to(site, "/account"),
        **await _sold(onboarding, site),
    }
    return Mail(site, customer.email, "welcome", context, customer.locale)


send_welcome = mail_step(write_welcome)


async def _sold(onboarding: Onboarding, site: Storefront) -> dict[str, Any]:
    found = await offer_at(onboarding.price) if onboarding.price else None
    sold = await Subscription.objects().get(
        Subscription.stripe_id == onboarding.subscription_stripe_id
    )
    return {
        "plan_name": found[0].name if found else "",
        "steps": found[0].next_steps if found else (),
        "trial_ends": sold.trial_ends_at if sold else None,
        "next_charge": _next_charge(onboarding, site, sold),
    }


def _next_charge(
    onboarding: Onboarding, site: Storefront, sold: Subscription | None
) -> dict[str, Any] | None:
    """Tell amount and date only where both are certain: no discount, and no tax on top."""
    if sold is None or not sold.amount or onboarding.coupon or sold.status == "incomplete":
        return None
    if site.tax != "none" and not site.tax_inclusive:
        return None
    date = sold.trial_ends_at or sold.period_ends_at
    return {"amount": sold.amount, "currency": sold.currency, "date": date} if date else None

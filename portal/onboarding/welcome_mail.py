"""The mail that welcomes whoever has signed up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.database import run_sql
from portal.deliveries.mail import Mail, link_to, mail_step
from portal.operations.step import Claimed
from portal.plans.catalogue import Offer
from portal.plans.offers import offer_at, offers_of
from portal.sites.storefront import Storefront, site_of

SEND_WELCOME = "send_welcome"

_SELECT = """SELECT onboarding.site, onboarding.price, onboarding.coupon, customer.email,
 customer.first_name, customer.locale, subscription.amount, subscription.currency,
 subscription.status, subscription.trial_ends_at, subscription.period_ends_at
 FROM onboarding JOIN customer ON customer.id = onboarding.customer LEFT JOIN subscription
 ON subscription.stripe_id = onboarding.subscription_stripe_id WHERE onboarding.id = {}"""


async def write_welcome(op: Claimed) -> Mail | None:
    """Write the welcome with what is known by now; None when there is nobody to write to."""
    found = await run_sql(_SELECT, op.params["onboarding"])
    if not found or not found[0]["email"]:
        return None
    row = found[0]
    site = await site_of(row["site"])
    offer = await _offer(site, row["price"])
    context = {
        "name": row["first_name"],
        "link": link_to(site, "/account"),
        "plan_name": offer.name if offer else "",
        "steps": offer.next_steps if offer else (),
        "trial_ends": _moment(row["trial_ends_at"]),
        "next_charge": _next_charge(row, site),
    }
    return Mail(site, row["email"], "welcome", context, row["locale"])


send_welcome = mail_step(write_welcome)


async def _offer(site: Storefront, price: str | None) -> Offer | None:
    """Return what was sold: mostly on offer still, and then remembered."""
    for offer in await offers_of(site):
        if any(each.id == price for each in offer.prices):
            return offer
    found = await offer_at(price) if price else None
    return found[0] if found else None


def _next_charge(row: Mapping[str, Any], site: Storefront) -> dict[str, Any] | None:
    """Tell amount and date only where both are certain: no discount, and no tax on top."""
    if not row["amount"] or row["coupon"] or row["status"] == "incomplete":
        return None
    if site.tax != "none" and not site.tax_inclusive:
        return None
    date = _moment(row["trial_ends_at"] or row["period_ends_at"])
    return {"amount": row["amount"], "currency": row["currency"], "date": date} if date else None


def _moment(stored: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if isinstance(stored, str) else stored

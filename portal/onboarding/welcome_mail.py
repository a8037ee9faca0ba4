"""The mail that welcomes whoever has signed up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal import clock
from portal.amounts import charge_words, written_date
from portal.customers.time_zone import in_zone
from portal.database import run_sql
from portal.deliveries.mail import Mail, link_to, mail_step
from portal.deliveries.quiet import read_quiet
from portal.operations.step import Claimed
from portal.plans.catalogue import Offer
from portal.plans.offers import offer_at, offers_of
from portal.sites.market import last_day_to_withdraw
from portal.sites.storefront import Storefront, site_of
from portal.words import translations

SEND_WELCOME = "send_welcome"
WELCOME_AFTER = timedelta(seconds=3)
"""In a rush, whoever waits for an answer goes first; nobody waits at a screen for this mail."""

_SELECT = """SELECT onboarding.site, onboarding.price, onboarding.coupon, onboarding.quiet,
 customer.email, customer.email_hard_bounced,
 customer.first_name, customer.email_verified_at, customer.locale, customer.time_zone,
 subscription.amount,
 subscription.started_at,
 subscription.next_amount, subscription.currency, subscription.tax_added, subscription.status,
 subscription.trial_ends_at, subscription.period_ends_at
 FROM onboarding JOIN customer ON customer.id = onboarding.customer LEFT JOIN subscription
 ON subscription.stripe_id = onboarding.subscription_stripe_id WHERE onboarding.id = {}"""


async def write_welcome(op: Claimed) -> Mail | None:
    """Write the welcome with what is known by now; None when there is nobody to write to."""
    found = await run_sql(_SELECT, op.params["onboarding"])
    if not found or not found[0]["email"] or found[0]["email_hard_bounced"]:
        return None
    row = found[0]
    if read_quiet(row["quiet"]).no_mails:
        return None
    site = await site_of(row["site"])
    offer = await _offer(site, row["price"])
    context = {
        # Whoever typed the address may not own it: it carries no words of a stranger.
        "name": row["first_name"] if row["email_verified_at"] else "",
        "link": link_to(site, "/account"),
        "plan_name": offer.name if offer else "",
        "steps": offer.next_steps if offer else (),
        "trial_ends": _date(row, "trial_ends_at"),
        "next_charge": _next_charge(row),
        "withdraw_until": _withdraw_until(site, row),
        "withdraw_link": link_to(site, "/account/withdraw"),
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


def _next_charge(row: Mapping[str, Any]) -> str:
    """Tell amount and date where both are certain and there is something to pay."""
    amount, locale = row["next_amount"], row["locale"]
    if amount is None and not row["coupon"]:
        amount = row["amount"]
    date = _date(row, "period_ends_at")
    if not amount or not date or row["status"] not in ("trialing", "active"):
        return ""
    said = charge_words(amount, row["currency"], locale, plus_tax=bool(row["tax_added"]))
    on = translations(locale).gettext("%(amount)s on %(date)s")
    return on % {"amount": said, "date": date}


def _withdraw_until(site: Storefront, row: Mapping[str, Any]) -> str:
    """Tell until when they can withdraw, where the law lets them and it would change something."""
    if site.market == "none" or row["started_at"] is None or not row["amount"]:
        return ""
    return written_date(last_day_to_withdraw(clock.stored_moment(row["started_at"])), row["locale"])


def _date(row: Mapping[str, Any], name: str) -> str:
    """Write a day by their clocks, as their account does."""
    if row[name] is None:
        return ""
    return written_date(in_zone(clock.stored_moment(row[name]), row["time_zone"]), row["locale"])

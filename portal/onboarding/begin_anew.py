"""Begin a program's sign-up anew for whom Stripe refused for good: the same customer, mended data.

Docs: docs/decisions/0030-once-more.md
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from portal import clock
from portal.access.email_change import end_former_ways_in
from portal.audit.record import record
from portal.customers.billing_contact import THEMSELVES, put_billed_to
from portal.customers.consents import answer_consent
from portal.customers.details import CustomerDetails
from portal.customers.directory import (
    changed_fields,
    columns_of,
    find_by_email,
    find_by_external_id,
    lock_customer,
    update_columns,
)
from portal.customers.profile import Profile
from portal.customers.profile_read import read_profile
from portal.customers.tables import Customer
from portal.customers.told import UPDATED, tell_of
from portal.database import run_sql, transaction
from portal.onboarding.adopt import ADOPT_CUSTOMER
from portal.onboarding.asked import Asked
from portal.onboarding.opening import open_onboarding
from portal.onboarding.resubmit import newest_onboarding
from portal.onboarding.steps import CREATE_CUSTOMER
from portal.operations.enqueue import lane_of_customer
from portal.operations.head_start import begin
from portal.operations.save import hold_all_of
from portal.plans.catalogue import Chosen
from portal.sites.storefront import Storefront

_CREATION = """SELECT state FROM operation WHERE lane = {} AND kind IN ({}, {})
 ORDER BY id DESC LIMIT 1"""
_CAME_TO_NOTHING = ("refused", "failed")
"""Refused by Stripe, or given up after a week of tries."""
# What waits behind a refused creation was never sent.
_CALL_OFF = "DELETE FROM operation WHERE lane = {} AND state = 'ready' AND first_sent_at IS NULL"
_GIVE_UP = """UPDATE operation SET state = 'failed', once = NULL, done_at = {}
 WHERE lane = {} AND state = 'refused'"""


async def refused_for_good(site: Storefront, details: CustomerDetails, asked: Asked) -> str | None:
    """Return who is in the way of a sign-up, if it is one of this site, whom Stripe refused.

    They are known by the e-mail or by the external id: either may be what is mended. Where an
    e-mail that is known makes another customer, it is nobody's way in, and tells of none.
    """
    company, told = site.company_id, asked.profile.external_id
    email = "" if asked.same_email == "another" else details.email_key
    by_email = await find_by_email(company, email) if email else None
    by_id = await find_by_external_id(company, told) if told and isinstance(told, str) else None
    found = {str(one.id): one for one in (by_email, by_id) if one}
    if len(found) != 1:
        return None
    (one,) = found.values()
    return str(one.id) if await _may_begin_anew(one, site) else None


async def begin_anew(
    site: Storefront,
    customer_id: str,
    details: CustomerDetails,
    chosen: Chosen | None,
    asked: Asked,
    *,
    verified: bool = False,
    source: str = "api",
) -> bool:
    """Bring whom Stripe refused for good to what is said now, and have Stripe make them after all.

    What was said before, and never came to Stripe, counts no more; their id stays. False for whom
    Stripe has, or is being asked to make, and at another site: they stay as they are.

    Raises:
        CustomerErased: there is nobody any more.
        EmailTaken, ExternalIdTaken: what is said is another customer's.
    """
    async with transaction():
        await hold_all_of(customer_id)
        before = await lock_customer(customer_id)
        if not await _may_begin_anew(before, site):
            return False
        lane = lane_of_customer(customer_id)
        await run_sql(_CALL_OFF, lane)
        await run_sql(_GIVE_UP, clock.now(), lane)
        details = await _with_own_email(details, before, asked)
        after = await update_columns(customer_id, _columns(details, asked.profile, verified))
        after = after or before
        await put_billed_to(customer_id, THEMSELVES)
        await run_sql("DELETE FROM shipping_address WHERE customer = {}", customer_id)
        for kind, given in asked.consents.items():
            at, version = clock.now(), site.terms_version
            await answer_consent(customer_id, kind, given, version=version, source=source, at=at)
        if after.email_key != before.email_key:
            await end_former_ways_in(customer_id)
        _, first = await open_onboarding(
            *(site, after, details, chosen, None, asked),
            again=await newest_onboarding(customer_id),
        )
        await _write_down(before, after, asked, site)
    begin(first)
    return True


async def _with_own_email(
    details: CustomerDetails, customer: Customer, asked: Asked
) -> CustomerDetails:
    """Return the details, without the e-mail to sign in by where it is another's, as may be."""
    if asked.same_email != "another" or not details.email_key:
        return details
    other = await find_by_email(str(customer.company), details.email_key)
    return replace(details, email_key="") if other and other.id != customer.id else details


async def _may_begin_anew(customer: Customer, site: Storefront) -> bool:
    """Tell whether Stripe refused to make them, or nothing came of it, as things stand."""
    if customer.stripe_id or customer.site != site.id:
        return False
    lane = lane_of_customer(customer.id)
    rows = await run_sql(_CREATION, lane, CREATE_CUSTOMER, ADOPT_CUSTOMER)
    return bool(rows) and rows[0]["state"] in _CAME_TO_NOTHING


def _columns(details: CustomerDetails, told: Profile, verified: bool) -> dict[str, Any]:
    """Return the row as a new customer's would be; the seller's own id stays, if none is told."""
    nothing = read_profile(dict.fromkeys(Profile.__slots__)).columns
    del nothing["external_id"]
    proved = {"email_verified_at": clock.now()} if verified else {}
    return columns_of(details) | nothing | told.columns | proved


async def _write_down(before: Customer, after: Customer, asked: Asked, site: Storefront) -> None:
    await record(
        "customer.details_changed",
        company=site.company_id,
        actor=asked.actor,
        object_id=str(after.id),
        fields=changed_fields(before, after),
    )
    await tell_of(UPDATED, str(after.id), company=site.company_id, site=site.id)

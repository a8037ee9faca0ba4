"""Make a customer's rows again from what Stripe has: a restored backup did not have them yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal import clock
from portal.audit.record import record
from portal.billing.billed import BilledSubscription
from portal.billing.billed_customers import BilledPerson, ListedCustomer
from portal.customers.address import Address
from portal.customers.details import CustomerDetails
from portal.customers.email import Email, InvalidEmail, normalize_email
from portal.customers.metadata import MARKS
from portal.customers.params import NORTHERN_IRELAND
from portal.customers.profile import Profile
from portal.customers.register import register_again
from portal.database import run_sql, transaction
from portal.reconciliation.compare import OVER
from portal.sites.storefront import Storefront, all_sites
from portal.subscriptions.copies import lasting_amount

ACTOR = "reconcile"

_NOBODY = Email("", "", "")


async def adopt_customer(
    company: str,
    listed: ListedCustomer,
    person: BilledPerson,
    subscriptions: Sequence[BilledSubscription],
) -> bool:
    """Write the customer and the sign-up that Stripe's customer names; the copies come by sync.

    False, and nothing written, when another row has the e-mail address. Safe to repeat.
    """
    billed, marks = listed.billed, listed.billed.metadata
    sold = _of_signup(subscriptions, marks.get("onboarding", ""))
    site = await _site_of(company, marks, person, sold)
    details = _details_of(billed.email, person, marks, site)
    async with transaction():
        if not await register_again(
            marks["customer"],
            site,
            details,
            stripe_id=billed.stripe_id,
            created_at=listed.created_at,
            profile=_profile_of(marks),
        ):
            return False
        if "onboarding" in marks:
            await _open_again(marks["onboarding"], marks["customer"], site, listed, sold)
        await record("customer.adopted", company=company, actor=ACTOR, object_id=marks["customer"])
    return True


async def email_is_taken(company: str, email: str) -> bool:
    """Tell whether a customer of ours has this e-mail address already."""
    key = _email_of(email).key
    rows = await run_sql(
        "SELECT id FROM customer WHERE company = {} AND email_key = {}", company, key
    )
    return bool(key and rows)


async def _open_again(
    onboarding: str,
    customer: str,
    site: Storefront,
    listed: ListedCustomer,
    sold: BilledSubscription | None,
) -> None:
    """Write the sign-up as done: with what was sold, or without a plan."""
    price, plan = await price_of(sold) if sold else (None, None)
    await run_sql(
        "INSERT INTO onboarding (id, customer, site, plan, price, lasting_amount, coupon, state,"
        " problem_field, problem_code, problem_text, subscription_stripe_id, created_at, ready_at)"
        " VALUES ({}, {}, {}, {}, {}, {}, '', 'ready', '', '', '', {}, {}, {})"
        " ON CONFLICT (id) DO NOTHING",
        *(onboarding, customer, site.id, plan, price, lasting_amount(sold) if sold else None),
        *(sold.stripe_id if sold else None, listed.created_at, clock.now()),
    )


async def price_of(billed: BilledSubscription) -> tuple[str | None, str | None]:
    """Return our price and plan of what a subscription is for, as far as we know them."""
    rows = await run_sql("SELECT id, plan FROM price WHERE stripe_id = {}", billed.price_stripe_id)
    return (rows[0]["id"], rows[0]["plan"]) if rows else (None, None)


def _of_signup(
    subscriptions: Sequence[BilledSubscription], onboarding: str
) -> BilledSubscription | None:
    """Choose what a sign-up sold: what lives before what is over, and then the oldest."""
    of_it = [one for one in subscriptions if one.metadata.get("onboarding") == onboarding]
    of_it.sort(key=lambda one: (one.status in OVER, one.started_at or clock.now()))
    return of_it[0] if of_it else None


async def _site_of(
    company: str, marks: Any, person: BilledPerson, sold: BilledSubscription | None
) -> Storefront:
    """Find the site they came in by: the one noted, else of their country, else of the currency."""
    sites = [site for site in await all_sites() if site.company_id == company]
    country = person.address.get("country", "")
    likely = (
        [site for site in sites if site.id == marks.get("site")]
        + [site for site in sites if site.country == country]
        + [site for site in sites if sold and site.currency == sold.currency]
    )
    return (likely or sites)[0]


def _details_of(text: str, person: BilledPerson, marks: Any, site: Storefront) -> CustomerDetails:
    """Read Stripe's words back into the form's."""
    email, place = _email_of(text), person.address
    is_business = person.name == person.business_name
    first, _, last = ("", "", "") if is_business else person.name.rpartition(" ")
    return CustomerDetails(
        email=email.address,
        email_key=email.key,
        first_name=(first or last)[:150],
        last_name=(last if first else "")[:150],
        organisation=person.business_name[:250],
        phone=person.phone[:50],
        phone_e164=person.phone[:20] or None,
        tax_id=person.tax_id[:50],
        tax_id_type=person.tax_id_type or None,
        address=Address(
            line1=place.get("line1", "")[:150],
            line2=place.get("line2", "")[:150],
            city=place.get("city", "")[:100],
            state=place.get("state", "")[:100],
            postal_code=place.get("postal_code", "")[:20],
            country=NORTHERN_IRELAND
            if marks.get("region") == NORTHERN_IRELAND
            else place.get("country", "")[:2],
        ),
        email_marketing=False,
        terms=False,
        email_unchecked=True,
        locale=person.locale[:20] or site.languages[0],
    )


def _profile_of(marks: Mapping[str, str]) -> Profile:
    """Return what of the metadata there is the seller's own."""
    return Profile(metadata={name: text for name, text in marks.items() if name not in MARKS})


def _email_of(text: str) -> Email:
    try:
        return normalize_email(text)
    except InvalidEmail:
        return _NOBODY

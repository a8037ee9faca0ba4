"""Change what a program passed of a customer, and nothing else: here at once, then at Stripe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from portal import clock
from portal.access.email_change import end_former_ways_in
from portal.access.password_import import keep_import
from portal.audit.record import record
from portal.customers.at_stripe import UPDATE_CUSTOMER
from portal.customers.billing_contact import put_billed_to
from portal.customers.consents import answer_consent
from portal.customers.details import CustomerDetails
from portal.customers.directory import columns_of, find_by_email, lock_customer, update_columns
from portal.customers.known import details_of
from portal.customers.metadata import changed_at_stripe, check_metadata, merged
from portal.customers.params import changed_params, tax_id_of, together
from portal.customers.payment_adopted import owe_method
from portal.customers.profile import KEEP, Profile, profile_of
from portal.customers.profile_params import profile_params
from portal.customers.shipping import put_shipping
from portal.customers.tables import Customer
from portal.customers.tax_ids import put_tax_ids
from portal.customers.tax_ids_at_stripe import SET_TAX_ID
from portal.customers.told import UPDATED, VERIFIED, tell_of
from portal.database import transaction
from portal.errors import InvalidDetails
from portal.onboarding.amend import sell_again
from portal.onboarding.asked import Asked
from portal.onboarding.resubmit import correct, mend_customer
from portal.onboarding.sale import Sale, Wish, lock_sale
from portal.operations.wake import wake
from portal.sites.storefront import Storefront, site_of
from portal.subscriptions.payment import leave_invoices


async def change_customer(
    known: Customer,
    details: CustomerDetails,
    asked: Asked,
    *,
    verified: bool | None = None,
) -> Customer:
    """Change a customer to what a program passed; return them as they are then. Safe to repeat.

    `known` is the customer as the program found them, `details` the same with what was passed in
    its place: what is alike in both is left as it is. So is what `asked` keeps; of metadata and of
    Stripe's settings what it passes is put over what there is. What Stripe refused of their sign-up
    is sent once more.

    Raises:
        EmailTaken, ExternalIdTaken: it is another customer's.
        InvalidDetails: at metadata or tax_ids.
        CustomerErased: nothing is written of them any more.
    """
    async with transaction():
        sale = await lock_sale(str(known.id))
        after = await put_change(sale, known, details, asked, verified=verified)
    wake()
    return after


async def put_change(
    sale: Sale,
    known: Customer,
    details: CustomerDetails,
    asked: Asked,
    *,
    verified: bool | None = None,
) -> Customer:
    """Change a customer in the transaction that holds their sign-up: see `change_customer`."""
    site = await site_of(str(known.site))
    before = await lock_customer(str(known.id))
    wanted = await _wanted(known, before, details, asked, verified)
    after = await update_columns(str(known.id), wanted) or before
    fields = _changed(before, after)
    if "email_key" in fields:
        await end_former_ways_in(str(known.id))
    fields += await _beside(after, site, asked)
    await _owe(sale, site, before, after, asked)
    if fields:
        await _write_down(before, after, fields, site, asked.actor)
    return after


async def _write_down(
    before: Customer, after: Customer, fields: Sequence[str], site: Storefront, actor: str
) -> None:
    await record(
        "customer.details_changed",
        company=site.company_id,
        actor=actor,
        object_id=str(after.id),
        fields=[name for name in fields if name != "email_key"],
    )
    is_proved = after.email_verified_at and not before.email_verified_at
    for event in (UPDATED, VERIFIED) if is_proved else (UPDATED,):
        await tell_of(event, str(after.id), company=site.company_id, site=site.id)


async def _wanted(
    known: Customer,
    before: Customer,
    details: CustomerDetails,
    asked: Asked,
    verified: bool | None,
) -> dict[str, Any]:
    """Return the columns that were passed, as they shall be."""
    had, told = columns_of(details_of(known)), columns_of(details)
    wanted = {name: value for name, value in told.items() if value != had[name]}
    if "email" not in wanted:
        wanted.pop("email_key", None)
    elif asked.same_email == "another" and wanted.get("email_key"):
        other = await find_by_email(str(before.company), wanted["email_key"])
        if other and other.id != before.id:
            wanted["email_key"] = None
    wanted |= _put_over(before, asked.profile).columns
    is_other = "email_key" in wanted or verified is not bool(before.email_verified_at)
    if verified is not None and is_other:
        wanted["email_verified_at"] = clock.now() if verified else None
    return wanted


def _put_over(before: Customer, told: Profile) -> Profile:
    """Put what was passed of metadata and of Stripe's settings over what there is."""
    had = profile_of(before.to_dict()).given
    if told.metadata is not KEEP:
        told = replace(told, metadata=merged(had["metadata"], told.metadata))
        if problem := check_metadata(told.given["metadata"]):
            raise InvalidDetails({"metadata": problem})
    if told.stripe_settings is not KEEP:
        settings = had["stripe_settings"] | dict(told.stripe_settings)
        left = {name: value for name, value in settings.items() if value is not None}
        told = replace(told, stripe_settings=left)
    return told


def _changed(before: Customer, after: Customer) -> list[str]:
    """Name what of a customer's row was changed, but for what follows from it."""
    was, now = before.to_dict(), after.to_dict()
    named = (*columns_of(details_of(before)), *Profile.__slots__, "email_verified_at")
    return [name for name in named if was[name] != now[name]]


async def _beside(after: Customer, site: Storefront, asked: Asked) -> list[str]:
    """Write what stands beside a customer's row; name what of it was changed."""
    customer, now, version = str(after.id), clock.now(), site.terms_version
    named = [
        kind
        for kind, given in asked.consents.items()
        if await answer_consent(customer, kind, given, version=version, source="api", at=now)
    ]
    if asked.shipping is not KEEP and await put_shipping(after, asked.shipping):
        named.append("shipping")
    if asked.billed_to is not KEEP and await put_billed_to(customer, asked.billed_to):
        named.append("billing_contact")
    if asked.tax_ids is not KEEP and await put_tax_ids(customer, site.company_id, asked.tax_ids):
        named.append("tax_id")
    if asked.password and await keep_import(customer, asked.password):
        named.append("password")
    return named


async def _owe(
    sale: Sale, site: Storefront, before: Customer, after: Customer, asked: Asked
) -> None:
    """Owe Stripe what of it is to be told there, and once more what it refused."""
    said = _said(before, after, asked.profile)
    due = {UPDATE_CUSTOMER} if said else set()
    if tax_id_of(str(after.tax_id), after.tax_id_type) != sale.tax_id:
        due.add(SET_TAX_ID)
    profile = profile_of(after.to_dict())
    wish = Wish(site, details_of(after), None, None, profile, said, asked.adopts, asked.payment)
    for kind in sorted(await mend_customer(sale, wish, due)):
        await correct(sale, wish, kind)
    if due:
        await sell_again(sale)
    if asked.payment and asked.leaves_due:
        await leave_invoices(site.company_id, str(after.id), asked.payment)
    if asked.payment:
        await owe_method(str(after.id), site.company_id, asked.payment, asked.paying)


def _said(before: Customer, after: Customer, passed: Profile) -> dict[str, Any]:
    """Return what Stripe is told: what became another, and all of it if it refused the last."""
    was = changed_params(details_of(before), profile_of(before.to_dict()))
    now = changed_params(details_of(after), profile_of(after.to_dict()))
    if before.refused_field:
        was = {}
    said = {name: value for name, value in now.items() if was.get(name) != value}
    said = together(said, profile_params(passed))
    said.pop("test_clock", None)
    had, has = (profile_of(one.to_dict()).given["metadata"] for one in (before, after))
    told = passed.given.get("metadata") or {}
    unset = [key for key, value in told.items() if value in ("", None)]
    metadata = changed_at_stripe(had, has, unset)
    return together(said, {"metadata": metadata}) if metadata else said

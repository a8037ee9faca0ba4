"""The details of a customer, changed by themselves: who they are and where bills are for."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import get, post

from portal.access.sessions import SignedIn
from portal.customers.avatar import avatar_version
from portal.customers.details import FormRules, warnings_of
from portal.customers.directory import customer_of
from portal.customers.known import fields_of, in_the_account, read_change
from portal.customers.tables import Customer
from portal.errors import InvalidDetails, Problem
from portal.onboarding.amend import change_details, wait_for_stripe
from portal.pages.accept import refuse_stale
from portal.pages.address_page import address_page, with_country
from portal.pages.form import own_rules_of
from portal.pages.mend import sentence_of
from portal.pages.visitor import signed_in
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, go_to, site_for
from portal.web.forms import asked, typed_in
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for

PATIENCE_S = 2.0


@get("/account/details", name="account.details")
async def show_details(request: PageRequest) -> Answer:
    """Show what we know of whoever is signed in, to be changed."""
    site = await site_for(request)
    session = await signed_in(request, site)
    customer = await customer_of(session.customer)
    is_saved = "saved" in asked(scope_of(request))
    return await _show(
        request, site, customer, fields_of(customer), _refused(customer), saved=is_saved
    )


@post("/account/details", name="account.save_details")
async def save_details(request: PageRequest) -> Answer:
    """Take the change, or show every wrong field with what was typed."""
    typed = await typed_in(request)
    site = await site_for(request, typed)
    session = await signed_in(request, site)
    customer = await customer_of(session.customer)
    if "refresh" in typed:
        return await _show(request, site, customer, typed, {})
    try:
        await _save(request, site, session, customer, typed)
    except InvalidDetails as invalid:
        return await _show(request, site, customer, typed, invalid.problems, status=invalid.status)
    return go_to(request, f"{url_for('account.details')}?saved")


async def _save(
    request: PageRequest,
    site: Storefront,
    session: SignedIn,
    customer: Customer,
    typed: Mapping[str, str],
) -> None:
    refuse_stale(request, site, typed, at="details")
    details = await read_change(customer, typed, _rules(request, site))
    if await change_details(site, session.customer, details):
        # Most answers come at once, and then the page knows of a refusal.
        await wait_for_stripe(session.customer, within_s=PATIENCE_S)


async def _show(
    request: PageRequest,
    site: Storefront,
    customer: Customer,
    typed: Mapping[str, str],
    errors: Mapping[str, Problem],
    *,
    status: int = 200,
    saved: bool = False,
) -> Answer:
    shown = with_country(site, typed)
    return address_page(
        request,
        site,
        "account/details.html",
        shown,
        errors,
        status=status,
        saved=saved,
        warnings=warnings_of(shown, _rules(request, site)),
        fields=in_the_account(site.fields),
        tax_id_on=False,
        avatar=await avatar_version(str(customer.id)),
    )


def _rules(request: PageRequest, site: Storefront) -> FormRules:
    return own_rules_of(site, locale_of(scope_of(request), site))


def _refused(customer: Customer) -> dict[str, Problem]:
    """Return what Stripe did not take of the last change, to be said at its field."""
    field = customer.refused_field
    return {field: sentence_of(field)} if field and field not in ("email", "shipping") else {}

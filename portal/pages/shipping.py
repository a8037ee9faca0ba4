"""Where a customer has things sent to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from litestar import get, post

from portal.access.sessions import SignedIn
from portal.customers.contact import contact_of
from portal.customers.directory import customer_of
from portal.customers.shipping import change_shipping, read_shipping, shipping_of
from portal.errors import InvalidDetails, Problem
from portal.onboarding.amend import wait_for_stripe
from portal.pages.accept import refuse_stale
from portal.pages.address_page import address_page, with_country
from portal.pages.details import PATIENCE_S
from portal.pages.form import rules_of
from portal.pages.mend import sentence_of
from portal.pages.visitor import read_form, signed_in
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, go_to, site_for
from portal.web.forms import asked, typed_in
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for


@get("/account/shipping", name="account.shipping")
async def show_shipping(request: PageRequest) -> Answer:
    """Show where things are sent to, to be changed."""
    site = await site_for(request)
    session = await signed_in(request, site)
    is_saved = "saved" in asked(scope_of(request))
    return await _show(request, site, session, await _typed(session), {}, saved=is_saved)


@post("/account/shipping", name="account.save_shipping")
async def save_shipping(request: PageRequest) -> Answer:
    """Take it, or show every wrong field with what was typed."""
    typed = await typed_in(request)
    site = await site_for(request, typed)
    session = await signed_in(request, site)
    if "refresh" in typed:
        return await _show(request, site, session, typed, {})
    try:
        refuse_stale(request, site, typed, at="shipping")
        wanted = read_shipping(typed, rules_of(site, locale_of(scope_of(request), site)))
    except InvalidDetails as invalid:
        return await _show(request, site, session, typed, invalid.problems, status=invalid.status)
    if await change_shipping(session.customer, session.company, wanted):
        await wait_for_stripe(session.customer, within_s=PATIENCE_S)
    return go_to(request, f"{url_for('account.shipping')}?saved")


@post("/account/shipping/remove", name="account.remove_shipping")
async def remove_shipping(request: PageRequest) -> Answer:
    """Have things sent where bills are for."""
    site, _typed_values = await read_form(request)
    session = await signed_in(request, site)
    await change_shipping(session.customer, session.company, None)
    return go_to(request, f"{url_for('account.shipping')}?saved")


async def _typed(session: SignedIn) -> dict[str, str]:
    held = await shipping_of(session.customer)
    if held:
        return asdict(held.address) | {"recipient": held.recipient}
    customer = await customer_of(session.customer)
    return {"recipient": (await contact_of(session.customer)).name, "country": customer.country}


async def _show(
    request: PageRequest,
    site: Storefront,
    session: SignedIn,
    typed: Mapping[str, str],
    errors: Mapping[str, Problem],
    *,
    status: int = 200,
    saved: bool = False,
) -> Answer:
    is_refused = (await customer_of(session.customer)).refused_field == "shipping"
    return address_page(
        request,
        site,
        "account/shipping.html",
        with_country(site, typed),
        dict(errors) or ({"line1": sentence_of("line1")} if is_refused else {}),
        status=status,
        saved=saved,
        is_set=await shipping_of(session.customer) is not None,
    )

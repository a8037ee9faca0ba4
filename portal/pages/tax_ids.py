"""The tax ids of a customer: all of them, a form for one, and a button beside each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from litestar import get, post

from portal.access.sessions import SignedIn
from portal.customers.countries import countries
from portal.customers.details import FormRules, warnings_of
from portal.customers.directory import customer_of
from portal.customers.held_tax_ids import MOST, HeldTaxId, held_tax_ids
from portal.customers.tax_id import country_of
from portal.customers.tax_ids import read_own_tax_id, remove_tax_id, save_tax_id
from portal.errors import InvalidDetails, Problem
from portal.onboarding.amend import wait_for_stripe
from portal.pages.accept import refuse_stale
from portal.pages.details import PATIENCE_S
from portal.pages.form import own_rules_of
from portal.pages.fresh import freshen
from portal.pages.visitor import read_form, signed_in
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, go_to, page, site_for
from portal.web.forms import asked, typed_in
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for
from portal.words import translations


@get("/account/tax-ids", name="account.tax_ids")
async def show_tax_ids(request: PageRequest) -> Answer:
    """Show the tax ids of whoever is signed in, and a form: for another, or to change one."""
    site = await site_for(request)
    session = await signed_in(request, site)
    await freshen(session.customer)
    wanted = asked(scope_of(request))
    to_change = {"held": wanted.get("change", "")}
    return await _show(request, site, session, to_change, {}, saved="saved" in wanted)


@post("/account/tax-ids", name="account.save_tax_id")
async def save(request: PageRequest) -> Answer:
    """Add one, or put it in the place of another; or show what is wrong with what was typed."""
    typed = await typed_in(request)
    site = await site_for(request, typed)
    session = await signed_in(request, site)
    try:
        refuse_stale(request, site, typed, at="tax-id")
        wanted = read_own_tax_id(typed, await _rules(request, site, session))
        await save_tax_id(session.customer, session.company, wanted, typed.get("held", ""))
    except InvalidDetails as invalid:
        return await _show(request, site, session, typed, invalid.problems, status=invalid.status)
    return await _back(request, session)


@post("/account/tax-ids/remove", name="account.remove_tax_id")
async def remove(request: PageRequest) -> Answer:
    """Take one away."""
    site, typed = await read_form(request)
    session = await signed_in(request, site)
    await remove_tax_id(session.customer, session.company, typed.get("held", ""))
    return await _back(request, session)


async def _back(request: PageRequest, session: SignedIn) -> Answer:
    # Most answers come at once, and then the page knows of a refusal.
    await wait_for_stripe(session.customer, within_s=PATIENCE_S)
    return go_to(request, f"{url_for('account.tax_ids')}?saved")


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
    rules = await _rules(request, site, session)
    held = await held_tax_ids(session.customer)
    changed = next((one for one in held if one.id == typed.get("held")), None)
    shown = {"country": rules.country_default or "", **_as_it_is(changed), **typed}
    return page(
        request,
        "account/tax_ids.html",
        status=status,
        current="account.details",
        tax_ids=[_shown(one, rules.locale) for one in held],
        changed=changed,
        can_add=len(held) < MOST,
        most=MOST,
        typed=shown,
        errors=errors,
        warnings=warnings_of(shown, rules),
        countries=countries(rules.locale),
        is_saved=saved and not errors and not any(one.refused for one in held),
    )


async def _rules(request: PageRequest, site: Storefront, session: SignedIn) -> FormRules:
    customer = await customer_of(session.customer)
    rules = own_rules_of(site, locale_of(scope_of(request), site))
    return replace(rules, country_default=customer.country or site.country)


def _as_it_is(changed: HeldTaxId | None) -> dict[str, str]:
    if changed is None:
        return {}
    country = country_of(changed.value, changed.type)
    return {"tax_id": changed.value} | ({"country": country} if country else {})


def _shown(one: HeldTaxId, locale: str) -> dict[str, str]:
    word, tone, note = _standing(one, locale)
    return {"id": one.id, "value": one.value, "word": word, "tone": tone, "note": note}


def _standing(one: HeldTaxId, locale: str) -> tuple[str, str, str]:
    """Say how it stands with a tax id: in a word, its tone, and what to do, if anything."""
    _ = translations(locale).gettext
    if one.refused:
        return _("Not accepted"), "bad", _("Invoices go without it. Change it or remove it.")
    if one.written is None:
        note = _("Invoices cannot show a tax ID of this kind. We keep it with your details.")
        return _("Not on invoices"), "quiet", note
    if one.stripe_id is None:
        return _("Being added"), "quiet", ""
    match one.status:
        case "verified":
            return _("Verified"), "ok", ""
        case "unverified":
            note = _("The tax office does not know it, or has another name for it. Check it.")
            return _("Not verified"), "warn", note
        case "pending":
            return _("Being verified"), "quiet", ""
        case _:
            return _("On your invoices"), "ok", ""

"""How a customer wants to be written to: language, time zone, news."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import get, post

from portal.amounts import written_moment
from portal.customers.consents import TERMS, Answer, answers_of
from portal.customers.directory import customer_of
from portal.customers.preferences import (
    change_preferences,
    languages_for,
    questions_for,
    read_preferences,
)
from portal.customers.tables import Customer
from portal.customers.time_zone import time_zones
from portal.errors import InvalidDetails, Problem
from portal.pages.accept import refuse_stale
from portal.pages.visitor import signed_in
from portal.sites.storefront import Storefront
from portal.web.answers import Answer as Page
from portal.web.answers import PageRequest, go_to, page, site_for
from portal.web.forms import asked, typed_in
from portal.web.languages import language_names
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for
from portal.words import translations


@get("/account/preferences", name="account.preferences")
async def show_preferences(request: PageRequest) -> Page:
    """Show what whoever is signed in prefers, and what they agreed to and when."""
    site = await site_for(request)
    session = await signed_in(request, site)
    customer = await customer_of(session.customer)
    answers = await answers_of(session.customer)
    typed = {"locale": customer.locale, "time_zone": customer.time_zone}
    typed |= {kind: "on" for kind, answer in answers.items() if answer.given}
    return await _show(request, site, customer, typed, saved="saved" in asked(scope_of(request)))


@post("/account/preferences", name="account.save_preferences")
async def save_preferences(request: PageRequest) -> Page:
    """Keep them."""
    typed = await typed_in(request)
    site = await site_for(request, typed)
    session = await signed_in(request, site)
    customer = await customer_of(session.customer)
    questions = questions_for(await answers_of(session.customer))
    try:
        refuse_stale(request, site, typed, at="preferences")
        wanted = read_preferences(typed, languages_for(customer, site), questions)
    except InvalidDetails as invalid:
        return await _show(
            request, site, customer, typed, errors=invalid.problems, status=invalid.status
        )
    await change_preferences(customer, site, wanted)
    return go_to(request, f"{url_for('account.preferences')}?saved")


async def _show(
    request: PageRequest,
    site: Storefront,
    customer: Customer,
    typed: Mapping[str, Any],
    *,
    errors: Mapping[str, Problem] | None = None,
    status: int = 200,
    saved: bool = False,
) -> Page:
    locale = locale_of(scope_of(request), site)
    answers = await answers_of(str(customer.id))
    return page(
        request,
        "account/preferences.html",
        status=status,
        current="account.details",
        typed=typed,
        errors=errors or {},
        languages=language_names(languages_for(customer, site)),
        time_zones=[(zone, zone.replace("_", " ")) for zone in time_zones()],
        questions=questions_for(answers),
        said={kind: _said(answers[kind], locale) for kind in answers},
        terms=_agreed(answers.get(TERMS), locale),
        is_saved=saved,
    )


def _said(answer: Answer, locale: str) -> str:
    """Say when somebody last said yes or no."""
    _ = translations(locale).gettext
    words = _("You said yes on {when}.") if answer.given else _("You said no on {when}.")
    return words.format(when=written_moment(answer.at, locale))


def _agreed(answer: Answer | None, locale: str) -> str:
    if answer is None:
        return ""
    words = translations(locale).gettext("You agreed to the terms (version {version}) on {when}.")
    return words.format(version=answer.text_version, when=written_moment(answer.at, locale))

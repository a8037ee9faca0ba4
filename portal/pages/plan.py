"""Change the plan: what there is to choose, what will happen, and the button that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import get, post

from portal.access.sessions import SignedIn
from portal.errors import EffectError, Problem, TooMany
from portal.pages.changing import ChangeShown, change_shown, show_change
from portal.pages.fresh import freshen
from portal.pages.plan_choices import options
from portal.pages.plan_panel import cannot_context, panel
from portal.pages.plan_parts import parts_shown
from portal.pages.visitor import read_form, signed_in
from portal.plans.catalogue import PlanNotOnOffer
from portal.sites.storefront import Storefront
from portal.subscriptions.choices import choice_at, choices_of
from portal.subscriptions.estimate import count_look, quote_for
from portal.subscriptions.held import held_by
from portal.subscriptions.hold import Hold
from portal.subscriptions.parts import ASKED
from portal.subscriptions.quote import read_quote
from portal.subscriptions.switch import stay_on_plan, switch_plan
from portal.subscriptions.switching import CHANGED, CannotChange
from portal.web.answers import Answer, PageRequest, go_to, page, site_for
from portal.web.forms import asked
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for
from portal.web.too_often import come_back, too_often

_GONE = Problem("plan_gone", "This plan is not on offer any more. Choose another.")
_UNANSWERED = Problem(
    "no_preview", "We could not work out what this would cost just now. Try again in a moment."
)


@get("/account/plan", name="account.plan")
async def show_plan(request: PageRequest) -> Answer:
    """Show the plan, what is planned for it, and what it can be changed to."""
    site = await site_for(request)
    session = await signed_in(request, site)
    await freshen(session.customer)
    locale = locale_of(scope_of(request), site)
    change = await change_shown(request, session.customer, locale)
    hold = await held_by(session.customer)
    offers = await choices_of(site, session.customer)
    own = None
    if hold and hold.price:
        own = await choice_at(site, session.customer, hold.price, held=hold.price)
    return page(
        request,
        "account/plan.html",
        part="account/_choices.html",
        current="account.plan",
        change=change,
        state=_state(hold, change),
        parts=parts_shown(hold, *own, locale) if hold and own else None,
        **options(hold, offers, locale),
    )


@get("/account/plan/review", name="account.plan.review")
async def show_review(request: PageRequest) -> Answer:
    """Show what will happen, before anything does."""
    site = await site_for(request)
    session = await signed_in(request, site)
    query = asked(scope_of(request))
    note = CHANGED if query.get("again") else None
    return await _review(request, site, session, query, note)


@post("/account/plan/review", name="account.plan.confirm")
async def confirm_review(request: PageRequest) -> Answer:
    """Do what was shown; if that is old by now, show it anew instead."""
    site, typed = await read_form(request)
    session = await signed_in(request, site)
    quote = read_quote(typed.get("quote", ""), session.customer)
    if quote is None:
        return go_to(request, url_for("account.plan"))
    try:
        hold = await held_by(session.customer)
        await choice_at(site, session.customer, quote.price, held=hold.price if hold else "")
        if not quote.is_fresh:
            raise CannotChange(CHANGED)
        change = await switch_plan(site.company_id, session.customer, quote)
    except (CannotChange, PlanNotOnOffer):
        again = urlencode({"price": quote.price, **quote.asked, "again": "1"})
        return go_to(request, f"{url_for('account.plan.review')}?{again}")
    return await show_change(request, "account.plan", site.company_id, session.customer, change)


@post("/account/plan/stay", name="account.plan.stay")
async def submit_stay(request: PageRequest) -> Answer:
    """Take a planned change back, and show what came of it."""
    site, _typed = await read_form(request)
    session = await signed_in(request, site)
    change = await stay_on_plan(site.company_id, session.customer)
    return await show_change(request, "account.plan", site.company_id, session.customer, change)


async def _review(
    request: PageRequest,
    site: Storefront,
    session: SignedIn,
    query: Mapping[str, str],
    note: Problem | None,
) -> Answer:
    locale = locale_of(scope_of(request), site)
    try:
        await count_look(session.customer)
    except TooMany as many:
        return _not_yet(request, query, many, locale)
    await freshen(session.customer)
    status = 200
    context: dict[str, Any]
    try:
        hold = await held_by(session.customer)
        offer, pricing = await choice_at(
            site, session.customer, query.get("price", ""), held=hold.price if hold else ""
        )
        shown = await quote_for(site.company_id, session.customer, offer, pricing, query)
        context = panel(site, shown, hold, note, locale)
    except CannotChange as cannot:
        status, context = 409, cannot_context(cannot.problem, locale)
    except PlanNotOnOffer:
        status, context = 409, cannot_context(_GONE, locale)
    except EffectError:
        status, context = 503, cannot_context(_UNANSWERED, locale)
    return page(request, "account/review.html", status=status, current="account.plan", **context)


def _not_yet(request: PageRequest, query: Mapping[str, str], many: TooMany, locale: str) -> Answer:
    """Say when one can go on, with what was chosen ready to be looked at then."""
    chosen = {name: text for name, text in query.items() if name.startswith(("price", *ASKED))}
    context = cannot_context(too_often(many), locale) | {"again": chosen}
    answer = page(
        request, "account/review.html", status=many.status, current="account.plan", **context
    )
    return come_back(answer, many)


def _state(hold: Hold | None, change: ChangeShown | None) -> str:
    if change and change.state == "asked":
        return "working"
    return "none" if hold is None or not hold.is_living else "running"

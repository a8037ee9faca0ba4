"""Buy a plan: the order of somebody who is signed in and has none.

Docs: docs/decisions/0031-a-way-back.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import get, post

from portal.access.sessions import SignedIn, is_recent
from portal.customers.contact import home_of
from portal.customers.directory import customer_of
from portal.errors import InvalidDetails, Problem, TooMany
from portal.onboarding.buy import ELSEWHERE, CannotBuy, buy, had_a_plan, hindrance
from portal.onboarding.next_stop import FormAgain, next_stop
from portal.onboarding.resubmit import newest_onboarding
from portal.onboarding.sold import waiting_for
from portal.pages.form import Basket, order_context
from portal.pages.fresh import freshen
from portal.pages.leave import PATIENCE_S, leave_with
from portal.pages.mend import sentence_of
from portal.pages.own_basket import order_problems, own_basket, own_button, terms_of
from portal.pages.standing import card_shown
from portal.pages.visitor import SignInFirst, Visitor, read_form, signed_in
from portal.privacy.erasure import leaving
from portal.sites.storefront import Storefront
from portal.subscriptions.cards_held import refuse_held
from portal.subscriptions.held import held_by
from portal.web.answers import Answer, PageRequest, go_to, page, site_for
from portal.web.forms import asked
from portal.web.languages import say
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for
from portal.web.too_often import come_back, too_often
from portal.words import translations

_LEAVING = Problem("leaving", "Your account will be erased. Keep it first, then order a plan.")


@get("/account/order", name="account.order")
async def show_order(request: PageRequest) -> Answer:
    """Show what was chosen as an order; or why it cannot be one, or how far another has come."""
    site, wanted = await site_for(request), asked(scope_of(request))
    session = await _whoever_buys(request, site, wanted)
    await freshen(session.customer)
    waiting = await waiting_for(session.customer)
    if waiting and waiting["state"] == "ready":
        return go_to(request, url_for("signup.status", onboarding=waiting["subject"]))
    try:
        await _refuse_hindered(site, session.customer)
    except CannotBuy as cannot:
        return await _refused(request, site, session, cannot.problem)
    basket = await own_basket(scope_of(request), site, session.customer, wanted)
    return await _order(request, site, session, wanted, basket, basket.problems)


@post("/account/order", name="account.order.submit")
async def submit_order(request: PageRequest) -> Answer:
    """Sell what was shown, once, and lead on as after a sign-up."""
    site, typed = await read_form(request)
    session = await _whoever_buys(request, site, typed)
    try:
        onboarding = await _ordered(request, site, session, typed)
    except InvalidDetails as invalid:
        basket = await own_basket(scope_of(request), site, session.customer, typed)
        return await _order(request, site, session, typed, basket, invalid.problems, invalid.status)
    except CannotBuy as cannot:
        return await _refused(request, site, session, cannot.problem)
    except TooMany as many:
        answer = await _refused(request, site, session, too_often(many), many.status)
        return come_back(answer, many)
    visitor = Visitor(session.customer, onboarding, may_bill=is_recent(session))
    return await leave_with(request, visitor, await next_stop(onboarding, wait_s=PATIENCE_S))


async def _ordered(
    request: PageRequest, site: Storefront, session: SignedIn, typed: Mapping[str, str]
) -> str:
    """Sell what was shown, unless that was done since; return the sign-up that does it.

    Raises:
        InvalidDetails: something else is sold now, or they do not agree to the terms.
        CannotBuy, CardsHeld: they can order nothing, or not now.
    """
    newest = await newest_onboarding(session.customer) or ""
    if newest and newest != typed.get("seen", ""):
        return newest
    await freshen(session.customer)
    await _refuse_hindered(site, session.customer)
    basket = await own_basket(scope_of(request), site, session.customer, typed)
    problems = order_problems(site, typed, basket)
    if basket.chosen is None or problems:
        raise InvalidDetails(problems)
    await refuse_held(session.customer)
    return await buy(
        *(site, session.customer, basket.chosen, basket.discount),
        seen=newest,
        agreed="terms" in typed,
    )


async def _whoever_buys(
    request: PageRequest, site: Storefront, chosen: Mapping[str, str]
) -> SignedIn:
    """Return who is signed in; who is not comes back with what they chose once they are."""
    try:
        return await signed_in(request, site)
    except SignInFirst:
        raise SignInFirst("account.order", chosen) from None


async def _refuse_hindered(site: Storefront, customer: str) -> None:
    if problem := await hindrance(site, await customer_of(customer)):
        raise CannotBuy(problem)
    if await leaving(customer):
        raise CannotBuy(_LEAVING)


async def _order(
    request: PageRequest,
    site: Storefront,
    session: SignedIn,
    typed: Mapping[str, str],
    basket: Basket,
    errors: Mapping[str, Problem],
    status: int = 200,
) -> Answer:
    if basket.chosen is None:
        return go_to(request, url_for("pricing"))
    locale = locale_of(scope_of(request), site)
    hold = await held_by(session.customer)
    newest = await newest_onboarding(session.customer) or ""
    stop = await next_stop(newest, wait_s=0) if newest else None
    had = basket.chosen.offer.trial_days and await had_a_plan(session.customer)
    return page(
        request,
        "account/order.html",
        status=status,
        current="account.order",
        typed=typed,
        errors=errors,
        problem=None,
        refused=say(sentence_of(stop.field), locale) if isinstance(stop, FormAgain) else "",
        card=card_shown(hold.card, locale) if hold else None,
        had_trial=bool(had),
        seen=newest,
        terms_shown=terms_of(basket),
        **order_context(scope_of(request), site, basket)
        | {"button": own_button(site, basket, locale)},
    )


async def _refused(
    request: PageRequest, site: Storefront, session: SignedIn, problem: Problem, status: int = 409
) -> Answer:
    """Say why nothing can be ordered, and where to go on."""
    locale = locale_of(scope_of(request), site)
    said: dict[str, Any] = {
        "problem": say(problem, locale),
        "errors": {},
        "way": url_for("account"),
    }
    said["way_words"] = translations(locale).gettext("Your account")
    if problem == ELSEWHERE:
        home = await home_of(session.customer)
        said |= {"way": f"{url_for('pricing')}?site={home.key}", "way_words": home.name}
    return page(request, "account/order.html", status=status, current="account.order", **said)

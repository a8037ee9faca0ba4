"""The sign-up form: shown, checked, and sent on."""

from __future__ import annotations

import logging

from litestar import get, post

from portal.access.drafts import forget_draft
from portal.customers.details import CustomerDetails
from portal.errors import DatabaseBusy, InvalidDetails, Problem
from portal.onboarding.next_stop import StatusPage, Stop, next_stop
from portal.onboarding.signup import sign_up
from portal.pages.accept import accept, is_from_a_machine
from portal.pages.choice import choices_in, with_choices
from portal.pages.confirm import confirm_by_mail, must_confirm
from portal.pages.draft import answers_kept
from portal.pages.form import Basket, Filled, basket_of, basket_still_sold
from portal.pages.form_steps import begin, keep_and_show
from portal.pages.later import keep_for_later
from portal.pages.leave import PATIENCE_S, leave_for
from portal.pages.mend import to_mend
from portal.pages.shown import show_again, show_form
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, go_to, site_for
from portal.web.browser import browser_of
from portal.web.forms import asked, typed_in
from portal.web.scope import scope_of
from portal.web.templates import url_for

_NOT_SAVED = Problem(
    "not_saved",
    "We could not save that just now. Nothing is lost: press the button again in a moment.",
)
_AGAIN_S = "5"

log = logging.getLogger(__name__)


@get("/signup", name="signup")
async def show_signup(request: PageRequest) -> Answer:
    """Show the form with what the address chose; or again, with what Stripe did not take."""
    site, wanted = await site_for(request), asked(scope_of(request))
    if again := wanted.get("again"):
        refused = await to_mend(request, site, again)
        return show_again(request, site, refused) if refused else _sign_in_first(request)
    if site.layout == "steps":
        return await begin(request, site, wanted)
    before = await _left_before(request, site)
    find = basket_still_sold if before and "plan" not in wanted else basket_of
    typed = with_choices(before, choices_in(wanted))
    return show_form(request, site, Filled(typed, await find(scope_of(request), site, typed)))


@post("/signup", name="signup.submit")
async def submit_signup(request: PageRequest) -> Answer:
    """Sign the customer up and send them on: to the billing portal, or to what comes before it."""
    typed = await typed_in(request)
    site = await site_for(request, typed)
    basket = await basket_still_sold(scope_of(request), site, typed)
    if "refresh" in typed:
        return await keep_and_show(request, site, Filled(typed, basket, basket.problems), 200)
    try:
        if "later" in typed:
            return await keep_for_later(request, site, typed)
        details = await accept(request, site, typed, basket)
        return await _take(request, site, details, typed, basket)
    except InvalidDetails as invalid:
        filled = Filled(typed, basket, invalid.problems)
        return await keep_and_show(request, site, filled, invalid.status)
    except DatabaseBusy as busy:
        log.warning("signup.not_saved %s", busy)
        answer = show_again(request, site, Filled(typed, basket, {"signup": _NOT_SAVED}), 503)
        answer.set_header("retry-after", _AGAIN_S)
        return answer


async def _left_before(request: PageRequest, site: Storefront) -> dict[str, str]:
    """Return what this browser left unfinished; while the database is away, an empty form."""
    try:
        return await answers_kept(request, site)
    except DatabaseBusy:
        return {}


async def _take(
    request: PageRequest,
    site: Storefront,
    details: CustomerDetails,
    typed: dict[str, str],
    basket: Basket,
) -> Answer:
    if is_from_a_machine(typed):
        return go_to(request, url_for("signup.inbox"))
    if await must_confirm(request, site, details):
        return await confirm_by_mail(request, site, details, typed, basket)
    signed_up = await sign_up(
        site,
        details,
        chosen=basket.chosen,
        coupon=basket.discount,
        browser_hash=browser_of(scope_of(request)).hash,
        again=typed.get("again"),
    )
    if not signed_up.is_own_flow or signed_up.onboarding is None:
        return await confirm_by_mail(request, site, details, typed, basket)
    return await leave_for(request, await _next_stop(request, site, signed_up.onboarding))


async def _next_stop(request: PageRequest, site: Storefront, onboarding: str) -> Stop:
    """Find out where to go next; what is stored is acknowledged, whatever comes after it."""
    try:
        await forget_draft(browser_of(scope_of(request)).hash, site.id)
        return await next_stop(onboarding, wait_s=PATIENCE_S)
    except DatabaseBusy:
        return StatusPage(onboarding)


def _sign_in_first(request: PageRequest) -> Answer:
    return go_to(request, url_for("signin"))

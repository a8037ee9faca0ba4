"""The sign-up form in steps: each is shown by a GET, kept by a POST, and leads to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from litestar import get, post
from litestar.params import FromPath

from portal.errors import InvalidDetails, NotFound
from portal.pages.accept import StaleForm, accept_step, is_from_a_machine, refuse_stale
from portal.pages.choice import choices_in, with_choices
from portal.pages.confirm import too_many_forms
from portal.pages.draft import answers_kept, answers_so_far, keep
from portal.pages.form import Filled, basket_of, basket_still_sold, rules_of, with_country
from portal.pages.later import keep_for_later
from portal.pages.shown import Place, show_again, show_step
from portal.pages.step_answers import (
    STEPS,
    Step,
    all_kept,
    comes_before,
    is_answered,
    kept,
    next_step,
    own,
    problems_so_far,
    step_to_mend,
)
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, go_to, site_for
from portal.web.forms import asked, typed_in
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for


@get("/signup/step/{step:str}", name="signup.step")
async def open_step(request: PageRequest, step: FromPath[str]) -> Answer:
    """Show a step with what was answered so far; or the step that has to come first."""
    wanted, site = asked(scope_of(request)), await site_for(request)
    place = Place(_known(step), to_check=wanted.get("to") == "check")
    typed = await answers_so_far(request, site)
    problems = problems_so_far(typed, rules_of(site, locale_of(scope_of(request), site)))
    first = step_to_mend(problems)
    if comes_before(first, place.step):
        return go_to(request, Place(first, to_check=is_answered(first, typed)).path)
    basket = await basket_still_sold(scope_of(request), site, typed)
    wrong = own(place.step, problems) if place.to_check and typed else {}
    return show_step(request, site, place, Filled(typed, basket, basket.problems | wrong))


@post("/signup/step/{step:str}", name="signup.take")
async def take_step(request: PageRequest, step: FromPath[str]) -> Answer:
    """Keep a step's answers and lead on; a mistake shows the step again, and is kept as well."""
    typed = await typed_in(request)
    site = await site_for(request, typed)
    if is_from_a_machine(typed):
        return go_to(request, url_for("signup.inbox"))
    place = Place(_known(step), to_check=typed.get("to") == "check", is_new="new" in typed)
    answers = kept(place.step, await _before(request, site, place), typed)
    if place.step == "address":
        answers = with_country(scope_of(request), site, answers)
    shown = {"price_shown": typed.get("price_shown", "")}
    basket = await basket_still_sold(scope_of(request), site, answers | shown)
    try:
        refuse_stale(request, site, typed)
        if not await keep(request, site, answers):
            raise too_many_forms()
        if "later" in typed:
            return await keep_for_later(request, site, answers | {"token": typed["token"]})
        if "refresh" in typed:
            return go_to(request, place.path)
        await accept_step(request, site, answers, basket, place.step)
    except InvalidDetails as invalid:
        filled = Filled(answers, basket, invalid.problems)
        return show_step(request, site, place, filled, invalid.status)
    return go_to(request, Place("check" if place.to_check else next_step(place.step)).path)


async def begin(request: PageRequest, site: Storefront, wanted: Mapping[str, str]) -> Answer:
    """Show the first step with what the address chose, and with what was answered before.

    Raises:
        PlanNotOnOffer: the address chose what the site does not sell.
    """
    before = await answers_kept(request, site)
    typed = with_choices(before, choices_in(wanted))
    find = basket_still_sold if before and "plan" not in wanted else basket_of
    basket = await find(scope_of(request), site, typed)
    return show_step(request, site, Place("contact", is_new=True), Filled(typed, basket))


async def keep_and_show(
    request: PageRequest, site: Storefront, filled: Filled, status: int
) -> Answer:
    """Show a form again that was sent as a whole; in steps nothing of it may be lost."""
    if site.layout == "steps" and not is_from_a_machine(filled.typed):
        try:
            refuse_stale(request, site, filled.typed)
        except StaleForm as stale:
            return show_again(request, site, replace(filled, errors=stale.problems), stale.status)
        is_kept = await keep(request, site, all_kept(filled.typed))
        if is_kept and status == 200:
            return go_to(request, Place("check").path)
    return show_again(request, site, filled, status)


async def _before(request: PageRequest, site: Storefront, place: Place) -> dict[str, str]:
    """Return what was said before; to who begins anew, what was sent already belongs no more."""
    return await (answers_kept if place.is_new else answers_so_far)(request, site)


def _known(step: str) -> Step:
    if step not in STEPS:
        raise NotFound
    return step

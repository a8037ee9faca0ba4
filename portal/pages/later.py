"""Go on with a sign-up on another device: ask for the mail, and open the link in it."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import get, post
from litestar.params import FromPath

from portal.access.resume import resume_link_by, send_for_later, state_of_resuming, take_up
from portal.customers.email import InvalidEmail, normalize_email
from portal.errors import InvalidDetails, TooMany
from portal.pages.accept import is_from_a_machine, refuse_stale
from portal.pages.confirm import too_many_forms
from portal.pages.draft import keep, remember
from portal.pages.shown import Place
from portal.pages.step_answers import all_kept
from portal.pages.visitor import read_form
from portal.sites.storefront import Storefront, site_of
from portal.web.answers import Answer, PageRequest, go_to, page, site_for
from portal.web.browser import browser_of
from portal.web.client import address_of
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for


async def keep_for_later(
    request: PageRequest, site: Storefront, typed: Mapping[str, str]
) -> Answer:
    """Keep a form as it is filled in, mail the way back to it, and say so.

    Raises:
        InvalidDetails: there is no address to write to, or too much came from here.
    """
    if is_from_a_machine(typed):
        return go_to(request, url_for("signup.later"))
    refuse_stale(request, site, typed)
    try:
        email = normalize_email(typed.get("email", ""))
    except InvalidEmail as invalid:
        raise InvalidDetails({"email": invalid.problem}) from invalid
    answers, scope = all_kept(typed), scope_of(request)
    if not await keep(request, site, answers):
        raise too_many_forms()
    try:
        await send_for_later(
            site,
            email,
            answers,
            browser_hash=browser_of(scope).hash,
            locale=locale_of(scope, site),
            ip=address_of(scope),
        )
    except TooMany as many:
        raise too_many_forms() from many
    return go_to(request, url_for("signup.later"))


@get("/signup/later", name="signup.later")
async def show_later(request: PageRequest) -> Answer:
    """Say that a mail is under way: the same for everyone."""
    await site_for(request)
    return page(request, "signup/later.html", state="sent")


@get("/signup/resume/{token:str}", name="signup.resume")
async def show_resume(request: PageRequest, token: FromPath[str]) -> Answer:
    """Show what the button does; looking changes nothing."""
    await site_for(request)
    state = await state_of_resuming(await resume_link_by(token))
    return page(request, "signup/later.html", status=_status(state), state=state)


@post("/signup/resume/{token:str}", name="signup.take_up")
async def use_resume(request: PageRequest, token: FromPath[str]) -> Answer:
    """Go on in this browser where the sign-up was left."""
    await read_form(request)
    link, scope = await resume_link_by(token), scope_of(request)
    if link is None or not await take_up(link, browser_of(scope).hash):
        state = await state_of_resuming(link)
        return page(request, "signup/later.html", status=_status(state), state=state)
    remember(scope)
    site = await site_of(str(link.site))
    return go_to(request, Place("check").path if site.layout == "steps" else url_for("signup"))


def _status(state: str) -> int:
    return 410 if state == "spent" else 200

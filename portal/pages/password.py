"""The password, where a site offers one: sign in by it, set it, take it away."""

from __future__ import annotations

from litestar import get, post

from portal.access.passwords import (
    WrongPassword,
    remove_password,
    set_password,
    sign_in_by_password,
)
from portal.customers.contact import contact_of
from portal.customers.email import InvalidEmail, normalize_email
from portal.errors import InvalidDetails, NotFound, Problem, TooMany
from portal.pages.enter import let_in
from portal.pages.onward import go_on
from portal.pages.security import security_page
from portal.pages.visitor import just_signed_in, read_form
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, go_to, page, site_for
from portal.web.client import address_of
from portal.web.cookies import read_cookie
from portal.web.scope import scope_of
from portal.web.templates import url_for
from portal.web.too_often import come_back, too_often


@get("/signin/password", name="signin.password")
async def show_password(request: PageRequest) -> Answer:
    """Ask for address and password, where the site offers that."""
    _offered(await site_for(request))
    return page(request, "signin/password.html", typed={}, errors={})


@post("/signin/password", name="signin.by_password")
async def submit_password(request: PageRequest) -> Answer:
    """Sign in by a password; what is wrong is said alike whether we know the address or not."""
    site, typed = await read_form(request)
    _offered(site)
    try:
        email = normalize_email(typed.get("email", ""))
        customer = await sign_in_by_password(
            site,
            email,
            typed.get("password", ""),
            ip=address_of(scope_of(request)),
            mark=read_cookie(scope_of(request), "known") or "",
        )
    except InvalidEmail as invalid:
        return _again(request, typed, {"email": invalid.problem}, 422)
    except (WrongPassword, TooMany) as wrong:
        problem = Problem(wrong.code, wrong.sentence)
        return _again(request, typed, {"password": problem}, wrong.status)
    await let_in(request, customer, site)
    return go_on(request)


@post("/account/security/password", name="account.password")
async def set_own(request: PageRequest) -> Answer:
    """Set the password of whoever has just signed in."""
    site, typed = await read_form(request)
    _offered(site)
    session = await just_signed_in(request, site, then="account.security")
    email = (await contact_of(session.customer)).email
    try:
        await set_password(session, site, typed.get("password", ""), email)
    except InvalidDetails as invalid:
        return await security_page(request, site, session, errors=invalid.problems, status=422)
    except TooMany as many:
        problem = {"password": too_often(many)}
        answer = await security_page(request, site, session, errors=problem, status=many.status)
        return come_back(answer, many)
    return go_to(request, url_for("account.security"))


@post("/account/security/password/remove", name="account.password.remove")
async def remove_own(request: PageRequest) -> Answer:
    """Take the password of whoever has just signed in away."""
    site, _typed = await read_form(request)
    session = await just_signed_in(request, site, then="account.security")
    await remove_password(session, site)
    return go_to(request, url_for("account.security"))


def _offered(site: Storefront) -> None:
    if site.passwords != "on":
        raise NotFound


def _again(
    request: PageRequest, typed: dict[str, str], errors: dict[str, Problem], status: int
) -> Answer:
    """Show the form again, with the address and never with the password."""
    kept = {"email": typed.get("email", "")}
    return page(request, "signin/password.html", status=status, typed=kept, errors=errors)

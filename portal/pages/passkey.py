"""Passkeys, where a site offers them: sign in by one, add one, remove one."""

from __future__ import annotations

from litestar import post

from portal.access.passkey_check import PasskeyRefused
from portal.access.passkeys import add_passkey, remove_passkey, sign_in_by_passkey
from portal.errors import Problem, TooMany
from portal.pages.enter import let_in
from portal.pages.onward import go_on
from portal.pages.security import security_page
from portal.pages.signin import signin_page
from portal.pages.visitor import just_signed_in, read_form
from portal.web.answers import Answer, PageRequest, go_to
from portal.web.browser import browser_of
from portal.web.client import address_of
from portal.web.scope import header, scope_of
from portal.web.templates import url_for
from portal.web.too_often import come_back, too_often


@post("/signin/passkey", name="signin.by_passkey")
async def use(request: PageRequest) -> Answer:
    """Sign in whoever's passkey signed what the page asked."""
    site, typed = await read_form(request)
    scope = scope_of(request)
    try:
        customer = await sign_in_by_passkey(
            site, typed.get("answer", ""), browser_of(scope).hash, ip=address_of(scope)
        )
    except (PasskeyRefused, TooMany) as wrong:
        problem = {"passkey": Problem(wrong.code, wrong.sentence)}
        return signin_page(request, site, {}, problem, status=wrong.status)
    await let_in(request, customer, site)
    return go_on(request)


@post("/account/security/passkey", name="account.passkey")
async def add(request: PageRequest) -> Answer:
    """Keep a passkey that was just made, for whoever has just signed in."""
    site, typed = await read_form(request)
    session = await just_signed_in(request, site, then="account.security")
    scope = scope_of(request)
    told = header(scope, b"user-agent")
    try:
        await add_passkey(session, site, typed.get("answer", ""), browser_of(scope).hash, told)
    except TooMany as many:
        problem = {"passkey": too_often(many)}
        answer = await security_page(request, site, session, errors=problem, status=many.status)
        return come_back(answer, many)
    except PasskeyRefused as wrong:
        problem = {"passkey": Problem(wrong.code, wrong.sentence)}
        return await security_page(request, site, session, errors=problem, status=wrong.status)
    return go_to(request, url_for("account.security"))


@post("/account/security/passkey/remove", name="account.passkey.remove")
async def remove(request: PageRequest) -> Answer:
    """Forget a passkey of whoever has just signed in."""
    site, typed = await read_form(request)
    session = await just_signed_in(request, site, then="account.security")
    await remove_passkey(session, site, typed.get("passkey", ""))
    return go_to(request, url_for("account.security"))

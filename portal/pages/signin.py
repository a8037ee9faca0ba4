"""Sign in without a password: ask for a mail, then use its link or its code."""

from __future__ import annotations

from litestar import get, post
from litestar.params import FromPath

from portal.access.codes import WrongCode, check_code
from portal.access.links import LinkSpent, look_at, request_sign_in, state_of
from portal.access.passkeys import ask_for_use
from portal.access.tokens import code_of
from portal.customers.directory import find_by_email
from portal.customers.email import InvalidEmail, normalize_email
from portal.errors import Problem, TooMany
from portal.pages.enter import enter
from portal.pages.visitor import read_form
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, go_to, page, site_for
from portal.web.browser import browser_of
from portal.web.client import address_of
from portal.web.cookies import read_cookie
from portal.web.scope import scope_of
from portal.web.templates import url_for


@get("/signin", name="signin")
async def show_signin(request: PageRequest) -> Answer:
    """Ask whom to send a sign-in mail to."""
    return signin_page(request, await site_for(request), {}, {})


@post("/signin", name="signin.submit")
async def submit_signin(request: PageRequest) -> Answer:
    """Have a sign-in mail sent, and answer alike whether we know the address or not."""
    site, typed = await read_form(request)
    try:
        email = normalize_email(typed.get("email", ""))
    except InvalidEmail as invalid:
        return signin_page(request, site, typed, {"email": invalid.problem}, status=422)
    await request_sign_in(
        site,
        email,
        customer=await find_by_email(site.company_id, email.key),
        browser_hash=browser_of(scope_of(request)).hash,
        ip=address_of(scope_of(request)),
        mark=read_cookie(scope_of(request), "known") or "",
    )
    return go_to(request, url_for("signin.inbox"))


@get("/signin/check", name="signin.inbox")
async def show_inbox(request: PageRequest) -> Answer:
    """Say that a mail is under way, and take its code."""
    await site_for(request)
    return page(request, "signin/inbox.html", errors={})


@post("/signin/code", name="signin.code")
async def submit_code(request: PageRequest) -> Answer:
    """Sign in by the code in the mail."""
    site, typed = await read_form(request)
    browser_hash = browser_of(scope_of(request)).hash
    try:
        asked_for = await check_code(
            site,
            browser_hash,
            typed.get("code", ""),
            ip=address_of(scope_of(request)),
            mark=read_cookie(scope_of(request), "known") or "",
        )
    except (WrongCode, TooMany) as wrong:
        errors = {"code": Problem(wrong.code, wrong.sentence)}
        return page(request, "signin/inbox.html", status=wrong.status, errors=errors)
    return await enter(request, asked_for)


@get("/signin/link/{token:str}", name="signin.link")
async def show_link(request: PageRequest, token: FromPath[str]) -> Answer:
    """Show what can be pressed; looking changes nothing and gives nothing away, however often."""
    await site_for(request)
    state = state_of(await look_at(token), browser_of(scope_of(request)).hash)
    return page(request, "signin/link.html", state=state, link=token)


@post("/signin/link/{token:str}/code", name="signin.link_code")
async def show_code(request: PageRequest, token: FromPath[str]) -> Answer:
    """Show the code for the browser that asked, to somebody who reads the mail in another."""
    await read_form(request)
    asked_for = await look_at(token)
    if asked_for is None or state_of(asked_for, None) == "spent":
        return _spent(request)
    code = code_of(asked_for.id, asked_for.browser_hash)
    return page(request, "signin/link.html", state="code", code=f"{code[:4]} {code[4:]}")


@post("/signin/link/{token:str}", name="signin.use")
async def use_link(request: PageRequest, token: FromPath[str]) -> Answer:
    """Sign in by the link, once."""
    await read_form(request)
    asked_for = await look_at(token)
    if asked_for is None or state_of(asked_for, None) == "spent":
        return _spent(request)
    try:
        return await enter(request, asked_for)
    except LinkSpent:
        return _spent(request)


def _spent(request: PageRequest) -> Answer:
    return page(request, "signin/link.html", status=LinkSpent.status, state="spent")


def signin_page(
    request: PageRequest,
    site: Storefront,
    typed: dict[str, str],
    errors: dict[str, Problem],
    *,
    status: int = 200,
) -> Answer:
    """Answer with the page that asks whom to send a mail to, and offers what else the site has."""
    return page(
        request,
        "signin/signin.html",
        part="signin/_form.html",
        status=status,
        typed=typed,
        errors=errors,
        to_use=ask_for_use(site, browser_of(scope_of(request)).hash),
    )

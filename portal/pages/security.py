"""How a customer gets into their account, and where they are signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from litestar import get, post

from portal.access.browsers import browsers_of, end_browser, end_others
from portal.access.passkeys import Kept, ask_for_one, passkeys_of
from portal.access.passwords import has_password
from portal.access.sessions import SignedIn, is_recent
from portal.amounts import written_date
from portal.customers.contact import contact_of
from portal.errors import Problem
from portal.pages.visitor import read_form, signed_in
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, go_to, page, site_for
from portal.web.browser import browser_of
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for
from portal.words import translations


@dataclass(frozen=True, slots=True)
class BrowserShown:
    """A signed-in browser as its row on the page tells of it."""

    id: str
    name: str
    signed_in: str
    seen: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class PasskeyShown:
    """A passkey as its row on the page tells of it."""

    id: str
    name: str
    added: str


@get("/account/security", name="account.security")
async def show_security(request: PageRequest) -> Answer:
    """Show in which browsers the customer is signed in, and whether they have a password."""
    site = await site_for(request)
    session = await signed_in(request, site)
    return await security_page(request, site, session)


async def security_page(
    request: PageRequest,
    site: Storefront,
    session: SignedIn,
    *,
    errors: Mapping[str, Problem] | None = None,
    status: int = 200,
) -> Answer:
    """Answer with the page, with what is wrong where something is."""
    locale = locale_of(scope_of(request), site)
    email = (await contact_of(session.customer)).email
    return page(
        request,
        "account/security.html",
        status=status,
        current="account.security",
        errors=errors or {},
        email=email,
        has_password=await has_password(session.customer),
        passkeys=[_passkey(each, locale) for each in await passkeys_of(session.customer)],
        to_add=await ask_for_one(site, session, browser_of(scope_of(request)).hash, email),
        signed_in_recently=is_recent(session),
        browsers=[_shown(each, session, locale) for each in await browsers_of(session)],
    )


@post("/account/security/end", name="account.security.end")
async def end_one(request: PageRequest) -> Answer:
    """Sign one other browser of the customer out; it may be out already."""
    site, typed = await read_form(request)
    session = await signed_in(request, site)
    await end_browser(session, typed.get("browser", ""))
    return go_to(request, url_for("account.security"))


@post("/account/security/others", name="account.security.end_others")
async def end_all_others(request: PageRequest) -> Answer:
    """Sign every other browser of the customer out."""
    site, _typed = await read_form(request)
    session = await signed_in(request, site)
    await end_others(session)
    return go_to(request, url_for("account.security"))


def _shown(each: SignedIn, session: SignedIn, locale: str) -> BrowserShown:
    return BrowserShown(
        id=each.id,
        name=_name(each, locale),
        signed_in=written_date(each.signed_in_at, locale),
        seen=written_date(each.seen_at, locale),
        is_this=each.id == session.id,
    )


def _passkey(each: Kept, locale: str) -> PasskeyShown:
    return PasskeyShown(each.id, _name(each, locale), written_date(each.created_at, locale))


def _name(each: SignedIn | Kept, locale: str) -> str:
    _ = translations(locale).gettext
    browser = each.browser or _("A browser")
    if not each.system:
        return browser
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": each.system}

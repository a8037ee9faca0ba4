"""Who is here: somebody signed in, or the browser that has just signed somebody up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from portal import clock
from portal.access.flows import flows_of
from portal.access.sessions import SignedIn, find_session, is_recent
from portal.amounts import write_by
from portal.customers.time_zone import zone_of
from portal.errors import Forbidden
from portal.onboarding.resubmit import newest_onboarding
from portal.privacy.erasure import leaving
from portal.sites.storefront import Storefront
from portal.subscriptions.due import due_of
from portal.web.answers import PageRequest, site_for
from portal.web.browser import browser_of
from portal.web.cookies import read_cookie
from portal.web.form_token import is_our_token
from portal.web.forms import typed_in
from portal.web.scope import scope_of

NOTHING: Mapping[str, str] = MappingProxyType({})


class SignInFirst(Exception):
    """This page is for somebody signed in; the application leads others to the sign-in page.

    `then` names the page to go on to: without it the one that was asked for, if it can be opened.
    `chosen` is what they chose there, which goes along.
    """

    def __init__(self, then: str | None = None, chosen: Mapping[str, str] = NOTHING) -> None:
        super().__init__(then)
        self.then = then
        self.chosen = chosen


@dataclass(frozen=True, slots=True)
class Visitor:
    """A customer, the onboarding they look at, and whether they may go to their billing now."""

    customer: str
    onboarding: str | None
    may_bill: bool
    is_maker: bool = False


async def maker_of(request: PageRequest, onboarding: str) -> Visitor | None:
    """Return the customer whom this browser made by that onboarding, in the last half hour."""
    browser = browser_of(scope_of(request))
    flows = [] if browser.is_new else await flows_of(browser.hash)
    made = next((flow for flow in flows if flow.onboarding == onboarding), None)
    return Visitor(made.customer, onboarding, may_bill=True, is_maker=True) if made else None


async def visitor_of(request: PageRequest, site: Storefront, onboarding: str) -> Visitor | None:
    """Return who may see this onboarding: its maker, or its customer signed in."""
    if made := await maker_of(request, onboarding):
        return made
    session = await anybody_in(request, site)
    if session is None:
        return None
    newest = await newest_onboarding(session.customer)
    if onboarding and onboarding != newest:
        return None
    return Visitor(session.customer, newest, may_bill=is_recent(session))


async def signed_in(request: PageRequest, site: Storefront) -> SignedIn:
    """Return who is signed in at this site's company.

    All their pages tell what is late, and that they will be erased.

    Raises:
        SignInFirst: nobody is.
    """
    session = await anybody_in(request, site)
    if session is None:
        raise SignInFirst
    scope_of(request)["portal.leaving"] = await leaving(session.customer)
    scope_of(request)["portal.due"] = await due_of(session.customer)
    return session


async def just_signed_in(request: PageRequest, site: Storefront, then: str = "account") -> SignedIn:
    """Return who signed in at this site's company within the hour.

    Raises:
        SignInFirst: nobody did.
    """
    session = await signed_in(request, site)
    if not is_recent(session):
        raise SignInFirst(then)
    return session


async def anybody_in(request: PageRequest, site: Storefront) -> SignedIn | None:
    """Return who is signed in at this site's company, if anybody is; they read by their clocks."""
    cookie = read_cookie(scope_of(request), "session")
    session = await find_session(cookie) if cookie else None
    if session is None or session.company != site.company_id:
        return None
    write_by(zone_of(session.time_zone))
    return session


async def read_form(request: PageRequest) -> tuple[Storefront, dict[str, str]]:
    """Read a form of ours that keeps nothing worth showing again.

    Raises:
        Forbidden: this browser was not shown that form within the last day.
    """
    typed = await typed_in(request)
    site = await site_for(request, typed)
    browser_hash = browser_of(scope_of(request)).hash
    if not is_our_token(typed.get("token", ""), browser_hash, site.id, clock.now()):
        raise Forbidden
    return site, typed

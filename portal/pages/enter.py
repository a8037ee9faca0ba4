"""Let somebody in who has shown that the address is theirs."""

from __future__ import annotations

from portal.access.asking import mark_of
from portal.access.drafts import forget_draft
from portal.access.flows import made_by
from portal.access.links import draft_of, use_up
from portal.access.sessions import open_session
from portal.access.tables import SignInRequest
from portal.customers.details import read_details
from portal.customers.directory import customer_of
from portal.onboarding.next_stop import next_stop
from portal.onboarding.resubmit import newest_onboarding
from portal.onboarding.signup import SignedUp, sign_up
from portal.pages.confirm import ordered_in, promised_in
from portal.pages.form import rules_of
from portal.pages.leave import PATIENCE_S, leave_for
from portal.pages.onward import go_on
from portal.sites.storefront import Storefront, site_of
from portal.web.answers import Answer, PageRequest, go_to
from portal.web.browser import browser_of
from portal.web.cookies import MARK_LASTS_S, SESSION_LASTS_S, give, read_cookie, set_cookie
from portal.web.rendering import locale_of
from portal.web.scope import header, scope_of
from portal.web.templates import url_for


async def enter(request: PageRequest, asked_for: SignInRequest) -> Answer:
    """Use the request up: sign its customer in, or sign up whoever waited to confirm an address.

    Who confirms for the first time an address that was signed up elsewhere is asked about it.
    The sign-up comes first: it is safe to repeat, and a link is spent only once it is stored.

    Raises:
        LinkSpent: somebody was faster.
    """
    site = await site_of(asked_for.site)
    draft = draft_of(asked_for)
    signed_up = await _sign_up(request, site, draft) if draft else None
    consumed = await use_up(asked_for, browser_of(scope_of(request)).hash)
    customer = signed_up.customer if signed_up else consumed.customer
    if customer is None:
        return go_to(request, url_for("signin"))
    await let_in(request, customer, site)
    if signed_up:
        await forget_draft(asked_for.browser_hash, site.id)
    if signed_up and signed_up.is_own_flow and signed_up.onboarding:
        return await leave_for(request, await next_stop(signed_up.onboarding, wait_s=PATIENCE_S))
    asks = consumed.is_first and await _is_from_elsewhere(request, customer)
    return go_to(request, url_for("account.check")) if asks else go_on(request)


async def _is_from_elsewhere(request: PageRequest, customer: str) -> bool:
    """Tell whether a form made this customer in another browser, so perhaps a stranger's."""
    here = await made_by(browser_of(scope_of(request)).hash, customer)
    return not here and await newest_onboarding(customer) is not None


async def _sign_up(request: PageRequest, site: Storefront, draft: dict[str, str]) -> SignedUp:
    scope = scope_of(request)
    return await sign_up(
        site,
        read_details(draft, rules_of(site, locale_of(scope, site))),
        chosen=await ordered_in(draft),
        coupon=promised_in(draft),
        browser_hash=browser_of(scope).hash,
        verified=True,
        again=draft.get("again"),
    )


async def let_in(request: PageRequest, customer: str, site: Storefront) -> None:
    """Sign this browser in, in place of whoever was signed in with it before."""
    scope = scope_of(request)
    cookie = await open_session(
        customer,
        site.id,
        replacing=read_cookie(scope, "session"),
        user_agent=header(scope, b"user-agent"),
    )
    give(scope, set_cookie("session", cookie, max_age_s=SESSION_LASTS_S))
    await mark_browser(request, customer)


async def mark_browser(request: PageRequest, customer: str) -> None:
    """Have this browser keep that this customer has signed in here, by the address of theirs."""
    known = await customer_of(customer)
    mark = mark_of(str(known.company), str(known.email_key))
    give(scope_of(request), set_cookie("known", mark, max_age_s=MARK_LASTS_S))

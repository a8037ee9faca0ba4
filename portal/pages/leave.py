"""Send somebody to their next stop."""

from __future__ import annotations

from urllib.parse import urlencode

from portal.access.visits import count_visit
from portal.errors import DatabaseBusy, TooMany
from portal.onboarding.former import former_answers_at
from portal.onboarding.next_stop import FormAgain, PortalPage, Stop, WelcomePage
from portal.pages.choice import ORDERED
from portal.pages.visitor import Visitor
from portal.sites.storefront import site_of
from portal.subscriptions.cards_held import refuse_held
from portal.subscriptions.held import held_by
from portal.web.answers import Answer, PageRequest, go_to, lead_out
from portal.web.client import address_of
from portal.web.scope import scope_of
from portal.web.templates import url_for

PATIENCE_S = 4.0


async def leave_for(request: PageRequest, stop: Stop, *, asked_to: bool = False) -> Answer:
    """Redirect to the stop; the address of the billing portal is neither kept nor logged.

    Whoever was there too often, or of whom too many cards were refused, comes to the page that
    tells what they have; if they `asked_to` go there, they read when they can. What is stored is
    acknowledged, whatever comes after it.

    Raises:
        TooMany: they asked to go there, and cannot yet.
    """
    match stop:
        case PortalPage():
            return await _lead_there(request, stop, asked_to=asked_to)
        case WelcomePage(onboarding):
            return go_to(request, f"{url_for('welcome')}?onboarding={onboarding}")
        case FormAgain(onboarding, site):
            return go_to(request, f"{url_for('signup')}?again={onboarding}&site={site}")
    return go_to(request, url_for("signup.status", onboarding=stop.onboarding))


async def leave_with(request: PageRequest, visitor: Visitor, stop: Stop) -> Answer:
    """Redirect a visitor to the stop; who is signed in has ways of their own to some of them.

    A sign-in that is not recent, or a card on file, leads to the page that tells what they have,
    and what Stripe refused to their order, which has no form to mend.
    """
    if visitor.is_maker:
        return await leave_for(request, stop)
    if isinstance(stop, FormAgain):
        ordered = await former_answers_at(stop.site, stop.onboarding)
        chosen = {name: ordered[name] for name in ORDERED if name in ordered}
        return go_to(request, f"{url_for('account.order')}?{urlencode(chosen)}")
    if isinstance(stop, PortalPage) and not (visitor.may_bill and await _is_to_be_asked(visitor)):
        return await leave_for(request, WelcomePage(stop.onboarding))
    return await leave_for(request, stop)


async def _is_to_be_asked(visitor: Visitor) -> bool:
    hold = await held_by(visitor.customer)
    return hold is None or hold.card is None


async def _lead_there(request: PageRequest, there: PortalPage, *, asked_to: bool) -> Answer:
    site = await site_of(there.site)
    try:
        await refuse_held(there.customer)
        await count_visit(site, there.customer, address_of(scope_of(request)))
    except DatabaseBusy:
        return go_to(request, url_for("signup.status", onboarding=there.onboarding))
    except TooMany:
        if asked_to:
            raise
        return go_to(request, f"{url_for('welcome')}?onboarding={there.onboarding}")
    return lead_out(request, there.url)

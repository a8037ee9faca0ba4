"""What somebody answered before, as this browser may see it again."""

from __future__ import annotations

from collections.abc import Mapping

from portal.access.drafts import KEPT, find_draft, save_draft
from portal.access.flows import flows_of
from portal.onboarding.former import former_answers_at
from portal.sites.storefront import Storefront
from portal.web.answers import PageRequest
from portal.web.browser import browser_of
from portal.web.cookies import give, set_cookie
from portal.web.limits import is_within
from portal.web.scope import Scope, scope_of


async def answers_kept(request: PageRequest, site: Storefront) -> dict[str, str]:
    """Return what this browser answered in the last days and did not yet send."""
    browser = browser_of(scope_of(request))
    return {} if browser.is_new else await find_draft(browser.hash, site.id)


async def answers_so_far(request: PageRequest, site: Storefront) -> dict[str, str]:
    """Return what this browser answered here; else what it sent in the last half hour, to mend."""
    answers = await answers_kept(request, site)
    browser = browser_of(scope_of(request))
    if answers or browser.is_new:
        return answers
    for flow in await flows_of(browser.hash):
        if sent := await former_answers_at(site.id, flow.onboarding):
            return sent
    return {}


async def keep(request: PageRequest, site: Storefront, answers: Mapping[str, str]) -> bool:
    """Keep these answers for this browser, and have it remember for as long who it is.

    Tells whether they were kept: too much may have been sent from here.
    """
    scope = scope_of(request)
    if not is_within(scope, site, "checks_per_minute"):
        return False
    browser = browser_of(scope)
    await save_draft(browser.hash, site.id, answers)
    remember(scope)
    return True


def remember(scope: Scope) -> None:
    """Have this browser know for as long as its answers are kept who it is."""
    value = browser_of(scope).value
    give(scope, set_cookie("flow", value, max_age_s=int(KEPT.total_seconds())))

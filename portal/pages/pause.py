"""Pause the plan, and resume it."""

from __future__ import annotations

from litestar import post

from portal.pages.changing import show_change
from portal.pages.plan_panel import cannot_context
from portal.pages.visitor import read_form, signed_in
from portal.subscriptions.pause import pause_plan, resume_plan
from portal.subscriptions.switching import CannotChange
from portal.web.answers import Answer, PageRequest, page
from portal.web.rendering import locale_of
from portal.web.scope import scope_of


@post("/account/pause", name="account.pause")
async def submit_pause(request: PageRequest) -> Answer:
    """Pause, and show what came of it."""
    return await _submit(request, pauses=True)


@post("/account/resume", name="account.resume")
async def submit_resume(request: PageRequest) -> Answer:
    """Resume, and show what came of it."""
    return await _submit(request, pauses=False)


async def _submit(request: PageRequest, *, pauses: bool) -> Answer:
    site, _typed = await read_form(request)
    session = await signed_in(request, site)
    act = pause_plan if pauses else resume_plan
    try:
        change = await act(site.company_id, session.customer)
    except CannotChange as cannot:
        told = cannot_context(cannot.problem, locale_of(scope_of(request), site))
        return page(request, "account/review.html", status=409, current="account.plan", **told)
    return await show_change(request, "account.plan", site.company_id, session.customer, change)

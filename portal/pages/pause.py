"""Pause the plan, and resume it."""

from __future__ import annotations

from litestar import post

from portal.pages.changing import show_change
from portal.pages.visitor import read_form, signed_in
from portal.subscriptions.pause import pause_plan, resume_plan
from portal.web.answers import Answer, PageRequest


@post("/account/pause", name="account.pause")
async def submit_pause(request: PageRequest) -> Answer:
    """Pause, and show what came of it."""
    site, _typed = await read_form(request)
    session = await signed_in(request, site)
    change = await pause_plan(site.company_id, session.customer)
    return await show_change(request, "account.plan", site.company_id, session.customer, change)


@post("/account/resume", name="account.resume")
async def submit_resume(request: PageRequest) -> Answer:
    """Resume, and show what came of it."""
    site, _typed = await read_form(request)
    session = await signed_in(request, site)
    change = await resume_plan(site.company_id, session.customer)
    return await show_change(request, "account.plan", site.company_id, session.customer, change)

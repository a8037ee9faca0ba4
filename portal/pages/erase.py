"""Erase an account: what will happen, the wish, and the way back for seven days."""

from __future__ import annotations

from litestar import get, post

from portal import clock
from portal.access.sessions import is_recent
from portal.pages.visitor import just_signed_in, read_form, signed_in
from portal.privacy.erasure import BACK_WITHIN, ask_erasure, kept_until, leaving, take_back
from portal.subscriptions.held import all_held_by
from portal.web.answers import Answer, PageRequest, go_to, page, site_for
from portal.web.templates import url_for


@get("/account/erase", name="account.erase")
async def show_erase(request: PageRequest) -> Answer:
    """Say what will happen, and when, before anything does."""
    site = await site_for(request)
    session = await signed_in(request, site)
    if await leaving(session.customer):
        return go_to(request, url_for("account.data"))
    due_at = clock.now() + BACK_WITHIN
    held = await all_held_by(session.customer)
    return page(
        request,
        "account/erase.html",
        current="account.data",
        plans=[hold.plan_name for hold in held if hold.is_living],
        due_at=due_at,
        kept_until=kept_until(due_at),
        days=BACK_WITHIN.days,
        signed_in_recently=is_recent(session),
    )


@post("/account/erase", name="account.erase.submit")
async def submit_erase(request: PageRequest) -> Answer:
    """Take the wish; a sign-in older than an hour is asked for again."""
    site, _typed = await read_form(request)
    session = await just_signed_in(request, site, then="account.erase")
    await ask_erasure(session.customer)
    return go_to(request, url_for("account.data"))


@post("/account/erase/undo", name="account.erase.undo")
async def submit_stay(request: PageRequest) -> Answer:
    """Take the wish back."""
    site, _typed = await read_form(request)
    session = await signed_in(request, site)
    is_kept = await take_back(session.customer)
    return go_to(request, url_for("account.data") + ("?kept" if is_kept else ""))

"""The history of an account: what happened, in plain sentences, and what was agreed to."""

from __future__ import annotations

from litestar import get

from portal.customers.consents import answers_of
from portal.pages.history_shown import SENTENCES, consents_shown, entry_shown
from portal.pages.visitor import signed_in
from portal.subscriptions.history import history_of
from portal.web.answers import Answer, PageRequest, page, site_for
from portal.web.forms import asked
from portal.web.rendering import locale_of
from portal.web.scope import scope_of

_LONGEST_ID = 18


@get("/account/history", name="account.history")
async def show_history(request: PageRequest) -> Answer:
    """Show what happened to whoever is signed in, the newest first."""
    site = await site_for(request)
    session = await signed_in(request, site)
    before = _number(asked(scope_of(request)).get("before", ""))
    found = await history_of(session.customer, tuple(SENTENCES), before=before)
    locale = locale_of(scope_of(request), site)
    return page(
        request,
        "account/history.html",
        current="account.history",
        entries=[entry_shown(entry, locale) for entry in found.entries],
        next_before=found.next_before,
        is_first=before is None,
        consents=consents_shown(await answers_of(session.customer), locale),
    )


def _number(text: str) -> int | None:
    is_one = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID
    return int(text) if is_one else None

"""What the pages say of a change that somebody asked for: under way, done, or refused."""

from __future__ import annotations

from dataclasses import dataclass

from portal.pages.leave import PATIENCE_S
from portal.subscriptions.change_words import done_words, refusal_of
from portal.subscriptions.changes import (
    Change,
    change_of,
    change_under_way,
    details_of,
    settled,
)
from portal.web.answers import Answer, PageRequest, go_to
from portal.web.forms import asked
from portal.web.languages import say
from portal.web.scope import scope_of
from portal.web.templates import url_for


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """A change in the reader's words; state is asked, done or refused."""

    id: str
    kind: str
    state: str
    sentences: tuple[str, ...]


async def change_shown(request: PageRequest, customer: str, locale: str) -> ChangeShown | None:
    """Return the change that the address names, else the one under way."""
    named = asked(scope_of(request)).get("change", "")
    change = await change_of(customer, named) if named else None
    change = change or await change_under_way(customer)
    if change is None:
        return None
    return ChangeShown(change.id, change.kind, change.state, await _sentences(change, locale))


async def show_change(
    request: PageRequest, route: str, company: str, customer: str, change: str | None
) -> Answer:
    """Wait a little for a change, and go to the page that tells what came of it."""
    if change is None:
        return go_to(request, url_for(route))
    await settled(company, customer, change, wait_s=PATIENCE_S)
    return go_to(request, f"{url_for(route)}?change={change}")


async def _sentences(change: Change, locale: str) -> tuple[str, ...]:
    # A withdrawal counts, whatever Stripe refuses of it.
    if change.state == "refused" and change.kind != "withdraw":
        return (say(refusal_of(change.problem), locale),)
    told = await details_of(change.id) if change.state != "asked" else None
    return tuple(done_words(told, locale)) if told else ()

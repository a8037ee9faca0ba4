"""For whom a key acts: what it may see, and in whose name a change is written down."""

from __future__ import annotations

from typing import Any

from portal.customers.details import CustomerDetails
from portal.onboarding.asked import Asked
from portal.onboarding.looked_up import ImportNeeded, looked_up
from portal.subscriptions.changes import Asker
from portal.web.programs.caller import Caller, ScopeMissing
from portal.web.programs.handle import Call

IMPORT = "customers:import"


def asker_of(call: Call[Any]) -> Asker:
    """Name the key that asks, and what is not to be sent of what it asks."""
    return Asker(call.actor, call.quiet.text, call.note_made, call.made)


def may_see(caller: Caller, site: str) -> bool:
    """Tell whether a key may act for whoever came in by this site."""
    return not caller.sites or site in caller.sites


def needs_too(caller: Caller, scope: str) -> None:
    """See that a key may do what only some of its requests ask.

    Raises:
        ScopeMissing: it may not.
    """
    if scope not in caller.scopes:
        raise ScopeMissing(scope)


async def looked_up_for(caller: Caller, details: CustomerDetails, asked: Asked) -> Asked:
    """Return what is asked with what Stripe says of it: see `looked_up`.

    Raises:
        ScopeMissing: it takes somebody over, which the key may not.
    """
    may_import = IMPORT in caller.scopes
    try:
        return await looked_up(caller.company, details, asked, may_import=may_import)
    except ImportNeeded as needed:
        raise ScopeMissing(IMPORT) from needed

"""What was declared about a contract: found again, read, and what it would end. Changes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta

from cryptography.exceptions import InvalidTag

from portal import clock
from portal.access.tokens import is_token, token_of_declaration
from portal.customers.contact import home_of
from portal.customers.directory import find_by_email
from portal.customers.email import normalize_email
from portal.sealing import fingerprint, seal, unseal
from portal.subscriptions.held import held_by
from portal.subscriptions.tables import Declaration
from portal.subscriptions.withdraw import withdrawable_by

CANCEL, WITHDRAW = "cancel", "withdraw"
FIELDS = ("name", "contract", "ends", "cause")
CONFIRM_WITHIN = timedelta(days=14)
_SAID = "declaration"
# A stranger may have typed it to have us mail it out: nothing that a mail program makes a link of.
_LINK = re.compile(r"\S*(?:[/@]|\w\.\w)\S*")


async def declared_by(browser_hash: str, declared: str) -> Declaration | None:
    """Return a declaration to the browser that made it."""
    return await Declaration.objects().get(
        (Declaration.id == declared) & (Declaration.browser_hash == browser_hash)
    )


async def declaration_by(token: str) -> Declaration | None:
    """Return the declaration that a mail's link is about, while it works. Changes nothing.

    Its days count from the mail, which may have waited.
    """
    if not is_token(token):
        return None
    found = await Declaration.objects().get(Declaration.token_hash == fingerprint(token))
    if found is None or (found.told_at or found.received_at) <= clock.now() - CONFIRM_WITHIN:
        return None
    return found


def said_in(declared: Declaration) -> dict[str, str]:
    """Return what was declared, by the form's fields; all empty, if it was sealed otherwise."""
    try:
        said: dict[str, str] = json.loads(unseal(str(declared.said), _SAID))
    except InvalidTag:
        said = {}
    return dict.fromkeys(FIELDS, "") | said


async def plan_meant_by(declared: Declaration) -> str | None:
    """Return the name of the plan that a declaration would end; None when there is none."""
    customer = await whose_contract(declared)
    if not customer or declared.confirmed_at:
        return None
    if declared.kind == WITHDRAW:
        home = await home_of(customer)
        found = await withdrawable_by(home, customer, declared_at=declared.received_at)
        return found.hold.plan_name if found else None
    hold = await held_by(customer)
    return hold.plan_name if hold and hold.is_living and not hold.is_ending else None


async def whose_contract(declared: Declaration) -> str:
    """Return whose contract it is, while the address that the mail went to is theirs; else ""."""
    key = normalize_email(str(declared.email)).key
    found = await find_by_email(str(declared.company), key) if declared.customer else None
    return str(found.id) if found and found.id == declared.customer else ""


def sealed(said: Mapping[str, str]) -> str:
    """Return what was typed as it is kept."""
    return seal(json.dumps(dict(said)), _SAID)


def bare(text: str) -> str:
    """Return what a stranger typed as it may stand in a mail."""
    return _LINK.sub("…", text)


def path_to_confirm(declared: Declaration) -> str:
    """Return the path of the page behind the link in its mail."""
    return f"/contracts/confirm/{token_of_declaration(str(declared.id))}"

"""The control page, for a person: time, faults, webhooks, and what has happened so far."""

from __future__ import annotations

from portal.sandbox import control_forms
from portal.sandbox.account import Account
from portal.sandbox.control_views import overview
from portal.sandbox.description import description_page
from portal.sandbox.doorkeeper import is_foreign
from portal.sandbox.rendering import (
    Typed,
    not_allowed,
    not_found,
    page,
    read_query,
    read_typed,
    see_other,
)
from portal.sandbox.wire import Answer, Request
from portal.sandbox.world import Sandbox

_FORMS = "/_sandbox/page/"
_SAID = {
    "clock": "The clock was moved.",
    "faults": "The faults were changed.",
    "webhooks": "The webhook settings were saved.",
    "dunning": "What follows the last try was saved.",
    "limit": "The limits were saved.",
    "undelivered": "What was not delivered is on its way again.",
    "revoke": "The key was revoked.",
    "restore": "The key counts again.",
    "events": "The event is on its way again.",
    "requests": "The list of requests was emptied.",
}

_PLACES = {"undelivered": "webhooks", "revoke": "keys", "restore": "keys"}
"""Where on the page a form stands, if not under its own name."""


async def answer(sandbox: Sandbox, request: Request, base: str) -> Answer | None:
    """Answer with the control page or do what its forms say; None: it is for the control API."""
    if is_foreign(request, sandbox.public_url):
        return not_allowed(base, "The control page answers this machine alone.")
    method = "GET" if request.method == "HEAD" else request.method
    if method == "GET" and request.path in ("/_sandbox", "/_sandbox/"):
        return _show(sandbox, request, base, read_query(request))
    if method == "GET" and request.path == "/_sandbox/docs":
        return description_page(base)
    if method == "POST" and request.path.startswith(_FORMS):
        return await _do(sandbox, request, base, request.path.removeprefix(_FORMS))
    return None


def _show(sandbox: Sandbox, request: Request, base: str, query: Typed, problem: str = "") -> Answer:
    account = _chosen(sandbox, query)
    if account is None:
        accounts = [(each.id, len(each.kind("customer"))) for each in sandbox.accounts.values()]
        return page("accounts.html", base, accounts=accounts)
    sandbox.agenda.run_due(account)
    return page(
        "control.html",
        base,
        status=400 if problem else 200,
        account=account.id,
        is_single=len(sandbox.accounts) == 1,
        said=_SAID.get(query.get("said", ""), ""),
        problem=problem,
        **overview(account),
    )


def _chosen(sandbox: Sandbox, typed: Typed) -> Account | None:
    accounts = list(sandbox.accounts.values())
    if len(accounts) == 1:
        return accounts[0]
    return next((each for each in accounts if each.id == typed.get("account")), None)


async def _do(sandbox: Sandbox, request: Request, base: str, name: str) -> Answer:
    typed = read_typed(request)
    account = _chosen(sandbox, typed)
    if account is None:
        return not_found(base)
    done = await control_forms.do(sandbox, account, name, typed)
    if done is None:
        return not_found(base)
    if done.problem:
        return _show(sandbox, request, base, typed, done.problem)
    if done.leads_to:
        return see_other(done.leads_to)
    place = _PLACES.get(name, name)
    return see_other(f"{base}/_sandbox/?account={account.id}&said={name}#{place}")

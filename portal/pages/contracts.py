"""End a contract without signing in: a form that everybody is answered alike, and a mail's link."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import get, post
from litestar.params import FromPath

from portal.amounts import written_moment
from portal.customers.email import Email, InvalidEmail, normalize_email
from portal.customers.text import clean
from portal.errors import NotFound, Problem, TooMany
from portal.pages.visitor import anybody_in, read_form
from portal.sites.storefront import Storefront
from portal.subscriptions.declarations import confirm_declaration, declare
from portal.subscriptions.declared import (
    CANCEL,
    WITHDRAW,
    declaration_by,
    declared_by,
    plan_meant_by,
    said_in,
)
from portal.web.answers import Answer, PageRequest, go_to, page, site_for
from portal.web.browser import browser_of
from portal.web.client import address_of
from portal.web.forms import asked
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for
from portal.web.too_often import too_often

_MARKETS = {CANCEL: ("de",), WITHDRAW: ("eu", "de")}
_SIGNED_IN = {CANCEL: "account.cancel", WITHDRAW: "account.withdraw"}
_LONGEST = {"name": 100, "contract": 100, "ends": 50, "cause": 500}
_NO_NAME = Problem("name_missing", "Enter your name.")


@get("/contracts/cancel", name="contracts.cancel")
async def show_cancel(request: PageRequest) -> Answer:
    """Ask who cancels which contract; whoever is signed in does so in their account."""
    return await _open(request, CANCEL)


@post("/contracts/cancel", name="contracts.cancel.submit")
async def submit_cancel(request: PageRequest) -> Answer:
    """Take a cancellation from whoever sends it."""
    return await _take(request, CANCEL)


@get("/contracts/withdraw", name="contracts.withdraw")
async def show_withdraw(request: PageRequest) -> Answer:
    """Ask who withdraws from which contract; whoever is signed in does so in their account."""
    return await _open(request, WITHDRAW)


@post("/contracts/withdraw", name="contracts.withdraw.submit")
async def submit_withdraw(request: PageRequest) -> Answer:
    """Take a withdrawal from whoever sends it."""
    return await _take(request, WITHDRAW)


@get("/contracts/received", name="contracts.received")
async def show_received(request: PageRequest) -> Answer:
    """Show what was declared and when, to be kept, in the browser that declared it."""
    site = await site_for(request)
    named = asked(scope_of(request)).get("declaration", "")
    declared = await declared_by(browser_of(scope_of(request)).hash, named)
    if declared is None or declared.site != site.id:
        raise NotFound
    return page(
        request,
        "contracts/received.html",
        kind=declared.kind,
        received=written_moment(declared.received_at, locale_of(scope_of(request), site)),
        said=said_in(declared) | {"email": declared.email},
        is_late=declared.mail_waits,
    )


@get("/contracts/confirm/{token:str}", name="contracts.confirm")
async def show_confirm(request: PageRequest, token: FromPath[str]) -> Answer:
    """Show what the button will end; looking changes nothing."""
    await site_for(request)
    declared = await declaration_by(token)
    plan = await plan_meant_by(declared) if declared else None
    if declared is None or (plan is None and not declared.confirmed_at):
        return _confirmed(request, "spent")
    state = "done" if declared.confirmed_at else "ready"
    return _confirmed(request, state, kind=str(declared.kind), plan_name=plan or "")


@post("/contracts/confirm/{token:str}", name="contracts.confirm.submit")
async def use_confirm(request: PageRequest, token: FromPath[str]) -> Answer:
    """End the contract, as its customer declared."""
    await read_form(request)
    declared = await declaration_by(token)
    if declared is None or not (declared.confirmed_at or await confirm_declaration(declared)):
        return _confirmed(request, "spent")
    return go_to(request, url_for("contracts.confirm", token=token))


async def _open(request: PageRequest, kind: str) -> Answer:
    site = await site_for(request)
    _refuse_elsewhere(site, kind)
    if await anybody_in(request, site):
        return go_to(request, url_for(_SIGNED_IN[kind]))
    return _form(request, kind, {}, {})


async def _take(request: PageRequest, kind: str) -> Answer:
    site, typed = await read_form(request)
    _refuse_elsewhere(site, kind)
    said = {name: _said(name, typed)[:most] for name, most in _LONGEST.items()}
    email, problems = _read(typed, said)
    if email is None or problems:
        return _form(request, kind, typed, problems, status=422)
    scope = scope_of(request)
    try:
        declared = await declare(
            site,
            kind,
            email,
            {name: text for name, text in said.items() if text},
            browser_hash=browser_of(scope).hash,
            locale=locale_of(scope, site),
            ip=address_of(scope),
        )
    except TooMany as many:
        return _form(request, kind, typed, {"email": too_often(many)}, status=many.status)
    return go_to(request, f"{url_for('contracts.received')}?declaration={declared}")


def _said(name: str, typed: Mapping[str, str]) -> str:
    """Return what was typed; of lines only the cause has several, or a mail would tell theirs."""
    text = clean(typed.get(name, ""))
    return text if name == "cause" else " ".join(text.split())


def _read(
    typed: Mapping[str, str], said: Mapping[str, str]
) -> tuple[Email | None, dict[str, Problem]]:
    problems = {} if said["name"] else {"name": _NO_NAME}
    try:
        return normalize_email(typed.get("email", "")), problems
    except InvalidEmail as invalid:
        return None, problems | {"email": invalid.problem}


def _refuse_elsewhere(site: Storefront, kind: str) -> None:
    if site.market not in _MARKETS[kind]:
        raise NotFound


def _form(
    request: PageRequest,
    kind: str,
    typed: Mapping[str, str],
    errors: Mapping[str, Problem],
    *,
    status: int = 200,
) -> Answer:
    return page(
        request, "contracts/form.html", status=status, kind=kind, typed=typed, errors=errors
    )


def _confirmed(request: PageRequest, state: str, *, kind: str = "", plan_name: str = "") -> Answer:
    status = 410 if state == "spent" else 200
    return page(
        request, "contracts/confirm.html", status=status, state=state, kind=kind,
        plan_name=plan_name,
    )  # fmt: skip

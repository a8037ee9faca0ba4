"""The addresses of a customer: the one to sign in with, changed by two mails, and the bills'."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import get, post
from litestar.params import FromPath

from portal.access.asked_changes import (
    UNDO_WITHIN,
    can_be_undone,
    change_by,
    change_to_undo,
    is_open,
    open_change,
)
from portal.access.email_change import ask_email_change, confirm_email_change, undo_email_change
from portal.access.links import LinkSpent
from portal.access.sessions import SignedIn, is_recent
from portal.customers.billing_email import change_billing_email
from portal.customers.directory import EmailTaken, customer_of
from portal.customers.email import UNKNOWN_DOMAIN, Email, InvalidEmail, normalize_email
from portal.customers.tables import Customer
from portal.errors import InvalidDetails, Problem, TooMany
from portal.pages.accept import is_reachable, refuse_stale
from portal.pages.enter import mark_browser
from portal.pages.mend import sentence_of
from portal.pages.visitor import anybody_in, just_signed_in, read_form, signed_in
from portal.web.answers import Answer, PageRequest, go_to, page, site_for
from portal.web.client import address_of
from portal.web.forms import asked, typed_in
from portal.web.scope import scope_of
from portal.web.templates import url_for
from portal.web.too_often import come_back, too_often

_SAME = Problem("email_same", "You sign in with this address already. Enter the new one.")


@get("/account/email", name="account.email")
async def show_email(request: PageRequest) -> Answer:
    """Show with which address one signs in, which waits to be confirmed, and where bills go."""
    site = await site_for(request)
    session = await signed_in(request, site)
    return await _show(request, session, saved="saved" in asked(scope_of(request)))


@post("/account/email", name="account.change_email")
async def ask_for_change(request: PageRequest) -> Answer:
    """Have the new address asked to confirm; alike whether it is another customer's or not."""
    typed = await typed_in(request)
    site = await site_for(request, typed)
    session = await just_signed_in(request, site, then="account.email")
    try:
        refuse_stale(request, site, typed, at="change")
        email, unchecked = await _read(typed, "email")
        if email.key == (await customer_of(session.customer)).email_key:
            raise InvalidDetails({"email": _SAME})
        ip = address_of(scope_of(request))
        await ask_email_change(session, site, email, unchecked=unchecked, ip=ip)
    except InvalidDetails as invalid:
        return await _show(request, session, typed, invalid.problems, status=invalid.status)
    except TooMany as many:
        answer = await _show(
            request, session, typed, {"email": too_often(many)}, status=many.status
        )
        return come_back(answer, many)
    return go_to(request, url_for("account.email"))


@post("/account/email/billing", name="account.save_billing_email")
async def save_billing_email(request: PageRequest) -> Answer:
    """Have bills sent elsewhere, or again to the address one signs in with."""
    typed = await typed_in(request)
    site = await site_for(request, typed)
    session = await signed_in(request, site)
    try:
        refuse_stale(request, site, typed, at="billing")
        address = ""
        if typed.get("billing_email", "").strip():
            address = (await _read(typed, "billing_email"))[0].address
    except InvalidDetails as invalid:
        return await _show(request, session, typed, invalid.problems, status=invalid.status)
    await change_billing_email(session.customer, session.company, address)
    return go_to(request, f"{url_for('account.email')}?saved")


@get("/email/confirm/{token:str}", name="email.confirm")
async def show_confirm(request: PageRequest, token: FromPath[str]) -> Answer:
    """Show what can be pressed; looking changes nothing, however often."""
    site = await site_for(request)
    change = await change_by(token)
    if change is None or not is_open(change):
        return page(request, "account/email_link.html", state="spent")
    session = await anybody_in(request, site)
    is_theirs = session is not None and session.customer == change.customer
    if not is_theirs:
        return page(request, "account/email_link.html", state="elsewhere")
    return page(request, "account/email_link.html", state="confirm", email=change.email)


@post("/email/confirm/{token:str}", name="email.use_confirm")
async def use_confirm(request: PageRequest, token: FromPath[str]) -> Answer:
    """Change the address, once, for who is signed in as whoever asked."""
    site, _typed = await read_form(request)
    session, change = await anybody_in(request, site), await change_by(token)
    if session is None or change is None:
        return _failed(request, "spent") if change is None else _failed(request, "elsewhere", 403)
    try:
        await confirm_email_change(change, session)
    except LinkSpent:
        return _failed(request, "spent")
    except EmailTaken:
        return _failed(request, "taken", EmailTaken.status)
    await mark_browser(request, session.customer)
    return go_to(request, f"{url_for('account.email')}?saved")


@get("/email/undo/{token:str}", name="email.undo")
async def show_undo(request: PageRequest, token: FromPath[str]) -> Answer:
    """Show what can be pressed; looking changes nothing."""
    await site_for(request)
    change = await change_to_undo(token)
    if change is None or not can_be_undone(change):
        return page(request, "account/email_link.html", state="late", days=UNDO_WITHIN.days)
    return page(request, "account/email_link.html", state="undo", email=change.former_email)


@post("/email/undo/{token:str}", name="email.use_undo")
async def use_undo(request: PageRequest, token: FromPath[str]) -> Answer:
    """Give the former address back to its customer, who signs in anew."""
    await read_form(request)
    change = await change_to_undo(token)
    try:
        if change is None:
            raise LinkSpent
        await undo_email_change(change)
    except LinkSpent:
        return _failed(request, "late")
    except EmailTaken:
        return _failed(request, "taken", EmailTaken.status)
    return page(request, "account/email_link.html", state="undone")


async def _show(
    request: PageRequest,
    session: SignedIn,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, Problem] | None = None,
    *,
    status: int = 200,
    saved: bool = False,
) -> Answer:
    customer = await customer_of(session.customer)
    waiting = await open_change(session.customer)
    problems = dict(errors or {}) or _refused(customer)
    return page(
        request,
        "account/email.html",
        status=status,
        current="account.details",
        customer_email=customer.email,
        typed={"billing_email": customer.billing_email, **(typed or {})},
        errors=problems,
        waiting=waiting.email if waiting else "",
        signed_in_recently=is_recent(session),
        is_saved=saved and not problems,
    )


def _refused(customer: Customer) -> dict[str, Problem]:
    is_refused = customer.refused_field == "email"
    return {"billing_email": sentence_of("email")} if is_refused else {}


def _failed(request: PageRequest, state: str, status: int = LinkSpent.status) -> Answer:
    return page(
        request, "account/email_link.html", status=status, state=state, days=UNDO_WITHIN.days
    )


async def _read(typed: Mapping[str, str], name: str) -> tuple[Email, bool]:
    """Read an address that mail can reach, and tell whether DNS could not say so."""
    try:
        email = normalize_email(typed.get(name, ""))
    except InvalidEmail as invalid:
        raise InvalidDetails({name: invalid.problem}) from invalid
    reachable = await is_reachable({"email": email.address})
    if reachable is False:
        raise InvalidDetails({name: UNKNOWN_DOMAIN})
    return email, reachable is None

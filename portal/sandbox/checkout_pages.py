"""The hosted checkout page: what is sold, a card form, the bank's question, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

from portal.sandbox.card_form import read_card
from portal.sandbox.card_saving import time_of
from portal.sandbox.checkout_completing import (
    OpenCheckout,
    complete,
    find_checkout,
    keep_card,
    needs_card,
)
from portal.sandbox.customer_details import EMAIL
from portal.sandbox.errors import StripeError
from portal.sandbox.rendering import (
    Typed,
    money,
    not_allowed,
    not_found,
    page,
    read_typed,
    see_other,
)
from portal.sandbox.rows import Row
from portal.sandbox.wire import Answer, Request
from portal.sandbox.world import Sandbox


@dataclass(frozen=True, slots=True)
class _Place:
    """An open checkout, and where it is."""

    open: OpenCheckout
    base: str
    at: str

    @property
    def session(self) -> Row:
        """Give the session."""
        return self.open.session

    @property
    def leads_to(self) -> tuple[str | None, str | None]:
        """Give where the person goes from here."""
        return self.session["success_url"], self.session["cancel_url"]


def answer(sandbox: Sandbox, request: Request, base: str, token: str, where: str) -> Answer:
    """Answer with a page of the session that the token opens."""
    found = find_checkout(sandbox, token)
    if found is None or found.session["status"] == "expired":
        return not_found(base)
    place = _Place(found, base, f"{base}/p/checkout/{token}")
    method = "GET" if request.method == "HEAD" else request.method
    if where not in ("", "pay", "bank") or method not in ("GET", "POST"):
        return not_found(base)
    if found.session["status"] == "complete":
        return see_other(_way_back(found.session))
    if (method, where) == ("POST", "pay"):
        return _pay(place, read_typed(request))
    if where == "bank":
        return _bank(place, read_typed(request) if method == "POST" else None)
    return _show(place, {"name": "", "email": ""}, {})


def _way_back(session: Row) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _show(place: _Place, typed: Typed, problems: dict[str, str]) -> Answer:
    session, found = place.session, place.open
    return page(
        "checkout.html",
        place.base,
        status=422 if problems else 200,
        leads_to=place.leads_to,
        at=place.at,
        session=session,
        lines=[(each["description"], money(each["amount_total"], each["currency"]))
               for each in found.lines],
        email=found.email,
        needs_card=needs_card(session),
        typed=typed,
        problems=problems,
    )  # fmt: skip


def _pay(place: _Place, typed: Typed) -> Answer:
    """Read the form, then finish at once or ask the bank first."""
    found, session = place.open, place.session
    problems = _email_problem(found, typed)
    if not needs_card(session) and not typed.get("number"):
        if problems:
            return _show(place, typed, problems)
        return _finish(place, typed, None, authenticated=False)
    customer = found.account.get("customer", session["customer"]) or {}
    card, wrong = read_card(typed, time_of(found.account, customer))
    if card is None or problems:
        return _show(place, typed, {**problems, **wrong})
    email = found.email or typed.get("email", "")
    method, asks = keep_card(found.account, session["id"], card, email)
    if asks:
        return see_other(f"{place.at}/bank")
    return _finish(place, typed, method, authenticated=False)


def _email_problem(found: OpenCheckout, typed: Typed) -> dict[str, str]:
    if found.email or EMAIL.fullmatch(typed.get("email", "")):
        return {}
    return {"email": "Enter your e-mail address, as in ada@example.com."}


def _finish(place: _Place, typed: Typed, method: str | None, *, authenticated: bool) -> Answer:
    id = place.session["id"]
    try:
        done = complete(place.open.account, id, method, authenticated=authenticated)
    except StripeError as refusal:
        if refusal.status != 402:
            return not_allowed(place.base, refusal.error["message"], refusal.status)
        return _show(place, typed, {"number": refusal.error["message"]})
    return see_other(_way_back(done))


def _bank(place: _Place, typed: Typed | None) -> Answer:
    """Show the bank's question about the card that was typed, or go on with the answer."""
    kept = place.open.account.kind("checkout.session")[place.session["id"]]["_typed"]
    if "payment_method" not in kept:
        return see_other(place.at)
    if typed is None:
        owed = place.session["amount_total"]
        amount = money(owed, place.session["currency"]) if owed else None
        return page("bank.html", place.base, leads_to=place.leads_to,
                    action=f"{place.at}/bank", amount=amount)  # fmt: skip
    again = {"email": kept["email"], "name": kept["name"] or ""}
    if typed.get("answer") != "complete":
        sentence = "Your bank did not confirm. Please try again or use another card."
        return _show(place, again, {"number": sentence})
    return _finish(place, again, kept["payment_method"], authenticated=True)

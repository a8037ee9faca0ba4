"""What a person does on a checkout page: types a card, answers the bank, and is done.

Each is one transaction. A card that is refused leaves nothing behind: no customer, no subscription.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.card_form import CardTyped
from portal.sandbox.changes import revising
from portal.sandbox.checkout_rows import KIND
from portal.sandbox.collecting import collect, payment_refusal
from portal.sandbox.customers import create_customer
from portal.sandbox.events import emit
from portal.sandbox.new_cards import card_of, new_card
from portal.sandbox.operations import Call
from portal.sandbox.payment_methods import attach
from portal.sandbox.rows import Row
from portal.sandbox.setup_intents import save_card
from portal.sandbox.subscriptions import create_subscription
from portal.sandbox.views import shown
from portal.sandbox.world import Sandbox


@dataclass(frozen=True, slots=True)
class OpenCheckout:
    """A session opened by its address; rows are copies as the API shows them."""

    account: Account
    session: Row
    lines: list[Row]
    email: str
    """Of whom it is for; empty when the page has to ask."""


def find_checkout(sandbox: Sandbox, token: str) -> OpenCheckout | None:
    """Open the session an address names; None when there is none, or its customer is deleted."""
    found = sandbox.find_token(token)
    if found is None or found[1] != KIND:
        return None
    account, kind, id = found
    sandbox.agenda.run_due(account)
    row = account.kind(kind)[id]
    customer = account.get("customer", row["customer"]) or {}
    if customer.get("deleted"):
        return None
    email = customer.get("email") or row["customer_email"] or ""
    return OpenCheckout(account, shown(account, row), row["_lines"], email)


def needs_card(session: Row) -> bool:
    """Tell whether nothing goes on without a card."""
    is_optional = session["payment_method_collection"] == "if_required"
    return bool(session["mode"] == "setup" or session["amount_total"] or not is_optional)


def keep_card(account: Account, session: str, card: CardTyped, email: str) -> tuple[str, bool]:
    """Keep the card that was typed, attached to nobody; tell whether its bank wants to ask.

    Raises:
        StripeError: 402, the number, date or code cannot be right.
    """
    given = {"number": card.number, "exp_month": card.exp_month, "exp_year": card.exp_year}
    with account.transaction():
        method = new_card(
            account, {**given, "cvc": card.cvc}, {"name": card.name, "email": email or None}
        )
        row = account.edit(KIND, session)
        row["_typed"] = {"email": email, "name": card.name, "payment_method": method["id"]}
    return method["id"], card_of(method).authentication != "never"


def complete(account: Account, session: str, method: str | None, *, authenticated: bool) -> Row:
    """Do what the session is for, whole or not at all, and tell of it.

    Raises:
        StripeError: 402, the card is refused or the payment declined; 400, something that is
            sold here is gone.
    """
    with account.transaction():
        row = account.kind(KIND)[session]
        if row["customer"]:
            account.follow(account.kind("customer")[row["customer"]])
        card = account.get("payment_method", method)
        with revising(account, KIND, session, None) as changed:
            if row["mode"] == "setup":
                _set_up(account, changed, card, authenticated=authenticated)
            else:
                _subscribe(account, changed, card, authenticated=authenticated)
            changed |= {"status": "complete", "url": None}
            changed["customer_details"] = _details(account, changed)
        emit(account, "checkout.session.completed", changed)
    return shown(account, changed)


def _set_up(account: Account, row: Row, card: Row | None, *, authenticated: bool) -> None:
    intent = account.edit("setup_intent", row["setup_intent"])
    intent["payment_method"] = card["id"] if card else None
    save_card(account, intent, authenticated=authenticated)


def _subscribe(account: Account, row: Row, card: Row | None, *, authenticated: bool) -> None:
    """Subscribe a customer, made now if there was none, and take the first payment."""
    typed = row["_typed"]
    if row["customer"] is None:
        email = row["customer_email"] or typed.get("email")
        given = {"email": email, "name": typed.get("name")}
        params = {name: value for name, value in given.items() if value}
        row["customer"] = create_customer(Call(account, "/v1/customers", {}, params))["id"]
    wanted: dict[str, Any] = {
        "customer": row["customer"],
        "payment_behavior": "default_incomplete",
        **row["_wanted"],
    }
    if card:
        customer = account.kind("customer")[row["customer"]]
        attach(account, card, customer, authenticated=authenticated)
        wanted["default_payment_method"] = card["id"]
    made = create_subscription(Call(account, "/v1/subscriptions", {}, wanted))
    invoice = account.kind("invoice")[made["latest_invoice"]]
    is_owed = invoice["status"] == "open"
    if is_owed and collect(account, invoice, card, authenticated=authenticated) != "succeeded":
        raise payment_refusal(account, invoice, stays=False)
    row |= {"subscription": made["id"], "invoice": invoice["id"]}
    row["payment_status"] = "paid" if invoice["amount_paid"] else "no_payment_required"


def _details(account: Account, row: Row) -> Row:
    """Tell who completed it, and what they typed."""
    customer = account.get("customer", row["customer"]) or {}
    return {
        "address": customer.get("address"),
        "business_name": None,
        "email": customer.get("email") or row["customer_email"] or row["_typed"].get("email"),
        "individual_name": None,
        "name": customer.get("name") or row["_typed"].get("name"),
        "phone": customer.get("phone"),
        "tax_exempt": customer.get("tax_exempt", "none"),
        "tax_ids": [],
    }

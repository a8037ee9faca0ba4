"""What the hosted pages do: open a session, add a card, cancel, change details, pay an invoice.

Plain functions, each one transaction, each emitting the events Stripe emits. A refusal rises as
`StripeError`; its `error["message"]` is the sentence for the page. A refused card is written down
(`setup_intent.setup_failed`, `invoice.payment_failed`) before it rises.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from portal.sandbox.account import Account, Row
from portal.sandbox.cards import card_message
from portal.sandbox.customers import change_customer
from portal.sandbox.errors import StripeError, card_error, refused
from portal.sandbox.events import emit
from portal.sandbox.invoices import pay
from portal.sandbox.lookup import named, of_customer
from portal.sandbox.payment_methods import detach, new_card
from portal.sandbox.setup_intents import new_setup_intent, save_card
from portal.sandbox.subscription_changes import cancel_now, change_subscription
from portal.sandbox.tax_ids import add_tax_id, drop_tax_id
from portal.sandbox.views import shown
from portal.sandbox.world import Sandbox

_ENDED = ("canceled", "incomplete_expired")


@dataclass(frozen=True, slots=True)
class PortalSession:
    """An open billing portal session; rows are copies as the API shows them."""

    account: Account
    session: Row
    customer: Row
    configuration: Row
    is_expired: bool
    is_flow_done: bool


@dataclass(frozen=True, slots=True)
class CardSetup:
    """What came of adding a card."""

    status: Literal["succeeded", "requires_action"]
    setup_intent: str
    payment_method: str


@dataclass(frozen=True, slots=True)
class HostedInvoice:
    """An invoice opened by its address; rows are copies as the API shows them."""

    account: Account
    invoice: Row
    customer: Row


def find_session(sandbox: Sandbox, token: str) -> PortalSession | None:
    """Open the session an address names; None when there is none, or its customer is deleted."""
    found = sandbox.find_token(token)
    if found is None or found[1] != "billing_portal.session":
        return None
    account, kind, id = found
    sandbox.agenda.run_due(account)
    row = account.kind(kind)[id]
    customer = account.kind("customer")[row["customer"]]
    if customer.get("deleted"):
        return None
    configuration = account.kind("billing_portal.configuration")[row["configuration"]]
    return PortalSession(
        account=account,
        session=shown(account, row),
        customer=shown(account, customer),
        configuration=shown(account, configuration),
        is_expired=row["_expires_at"] <= account.account_time(),
        is_flow_done=row["_is_flow_done"],
    )


def finish_flow(account: Account, session: str) -> str | None:
    """Mark a session's flow as done; give the address to go to, or None: the portal's home."""
    with account.transaction():
        row = account.edit("billing_portal.session", session)
        row["_is_flow_done"] = True
        after = (row["flow"] or {}).get("after_completion") or {}
    return str(after["redirect"]["return_url"]) if after.get("type") == "redirect" else None


def customer_cards(account: Account, customer: str) -> list[Row]:
    """Give a customer's cards, newest first."""
    return _shown_of(account, "payment_method", customer)


def customer_invoices(account: Account, customer: str) -> list[Row]:
    """Give a customer's invoices that are final, newest first."""
    return [row for row in _shown_of(account, "invoice", customer) if row["status"] != "draft"]


def customer_subscriptions(account: Account, customer: str) -> list[Row]:
    """Give a customer's subscriptions that have not ended, newest first."""
    found = _shown_of(account, "subscription", customer)
    return [row for row in found if row["status"] not in _ENDED]


def customer_tax_ids(account: Account, customer: str) -> list[Row]:
    """Give a customer's tax ids, newest first."""
    return _shown_of(account, "tax_id", customer)


def product_name(account: Account, price: str) -> str:
    """Give the name of what a price sells."""
    return str(account.kind("product")[account.kind("price")[price]["product"]]["name"])


def _shown_of(account: Account, kind: str, customer: str) -> list[Row]:
    return [shown(account, row) for row in reversed(of_customer(account, kind, customer))]


def add_card(
    account: Account,
    customer: str,
    *,
    number: str,
    exp_month: int,
    exp_year: int,
    cvc: str,
    name: str | None = None,
    postal_code: str | None = None,
    country: str | None = None,
) -> CardSetup:
    """Add a card to a customer, without making it the default.

    Raises:
        StripeError: 402, refused; `error["param"]` is number, exp_month, exp_year or cvc when the
            mistake is in one of them.
    """
    given = {"number": number, "exp_month": exp_month, "exp_year": exp_year, "cvc": cvc}
    address = {"postal_code": postal_code, "country": country}
    with _for_customer(account, customer) as row:
        method = new_card(account, given, {"name": name, "email": row["email"], "address": address})
        intent = new_setup_intent(account, customer)
        intent["payment_method"] = method["id"]
        save_card(account, intent, authenticated=False)
    status: Literal["succeeded", "requires_action"] = (
        "succeeded" if intent["status"] == "succeeded" else "requires_action"
    )
    return CardSetup(status, intent["id"], method["id"])


def answer_bank(account: Account, setup_intent: str, *, agreed: bool) -> CardSetup:
    """Go on after the bank asked the person about a card being added.

    Raises:
        StripeError: 402, the person did not agree, or the bank refuses the card.
    """
    intent = account.kind("setup_intent")[setup_intent]
    with _for_customer(account, intent["customer"]):
        intent = account.edit("setup_intent", setup_intent)
        method = intent["payment_method"]
        if intent["status"] != "requires_action":
            raise refused(
                "This card is not waiting for its bank.", code="setup_intent_unexpected_state"
            )
        if not agreed:
            raise _disagreed(account, intent)
        save_card(account, intent, authenticated=True)
    return CardSetup("succeeded", setup_intent, method)


def _disagreed(account: Account, intent: Row) -> StripeError:
    message = (
        "We are unable to authenticate your payment method. Please choose a different payment"
        " method and try again."
    )
    code = "setup_intent_authentication_failure"
    intent["status"] = "requires_payment_method"
    intent["payment_method"] = intent["next_action"] = None
    intent["last_setup_error"] = {"code": code, "message": message, "type": "card_error"}
    emit(account, "setup_intent.setup_failed", intent)
    refusal = card_error(message, code)
    refusal.stays = True
    return refusal


def make_default(account: Account, customer: str, payment_method: str) -> None:
    """Make a card the one invoices are charged to."""
    settings = {"default_payment_method": payment_method}
    with _for_customer(account, customer) as row:
        change_customer(account, row, {"invoice_settings": settings})


def remove_card(account: Account, customer: str, payment_method: str) -> None:
    """Take a card away from a customer.

    Raises:
        StripeError: it is not the customer's.
    """
    with _for_customer(account, customer):
        detach(account, _own(account, "payment_method", payment_method, customer))


def cancel_subscription(
    account: Account,
    customer: str,
    subscription: str,
    *,
    mode: str = "at_period_end",
    feedback: str | None = None,
    comment: str | None = None,
) -> None:
    """Cancel, at the period's end or `immediately`, as the portal's configuration says."""
    details = {"feedback": feedback, "comment": comment}
    with _for_customer(account, customer):
        row = _own(account, "subscription", subscription, customer)
        if row["status"] in _ENDED:
            raise refused("This subscription has ended already.")
        if mode == "immediately" or row["status"] == "incomplete":
            cancel_now(account, row, details)
        else:
            change_subscription(
                account, row, {"cancel_at_period_end": True, "cancellation_details": details}
            )


def keep_subscription(account: Account, customer: str, subscription: str) -> None:
    """Undo a planned cancellation."""
    with _for_customer(account, customer):
        row = _own(account, "subscription", subscription, customer)
        if row["status"] in _ENDED:
            raise refused("This subscription has ended already.")
        change_subscription(account, row, {"cancel_at_period_end": False})


def update_details(
    account: Account, customer: str, configuration: Row, details: dict[str, Any]
) -> None:
    """Change name, phone, address, shipping or e-mail, of which only what the configuration allows.

    Raises:
        StripeError: something is not allowed, or makes no sense; `error["param"]` names it.
    """
    update = configuration["features"]["customer_update"]
    allowed = update["allowed_updates"] if update["enabled"] else []
    for name in details:
        if name not in allowed:
            raise refused(f"The portal does not let customers change their {name}.", name)
    with _for_customer(account, customer) as row:
        change_customer(account, row, details)


def give_tax_id(account: Account, customer: str, type: str, value: str) -> Row:
    """Add a tax id.

    Raises:
        StripeError: `tax_id_invalid`.
    """
    with _for_customer(account, customer) as row:
        return shown(account, add_tax_id(account, row, {"type": type, "value": value}))


def take_tax_id(account: Account, customer: str, tax_id: str) -> None:
    """Remove a tax id."""
    with _for_customer(account, customer):
        drop_tax_id(account, _own(account, "tax_id", tax_id, customer))


def find_invoice(sandbox: Sandbox, token: str) -> HostedInvoice | None:
    """Open the invoice an address names."""
    found = sandbox.find_token(token)
    if found is None or found[1] != "invoice":
        return None
    account, kind, id = found
    sandbox.agenda.run_due(account)
    row = account.kind(kind)[id]
    customer = account.kind("customer")[row["customer"]]
    return HostedInvoice(account, shown(account, row), shown(account, customer))


def pay_invoice(
    account: Account, invoice: str, payment_method: str, *, agreed: bool | None = None
) -> Literal["paid", "requires_action"]:
    """Pay an open invoice with one of the customer's cards.

    `agreed`: what the person answered the bank; None when the bank has not asked yet. On
    `requires_action` show the bank's question, then call again with the answer.

    Raises:
        StripeError: 402, declined, or the person did not agree; 400, the invoice is not open.
    """
    row = account.kind("invoice")[invoice]
    try:
        with _for_customer(account, row["customer"]):
            if row["status"] not in ("open", "uncollectible"):
                raise refused(f"This invoice is {row['status']}.", code="invoice_not_editable")
            method = _own(account, "payment_method", payment_method, row["customer"])
            if agreed is False:
                code = "payment_intent_authentication_failure"
                raise card_error(card_message("authentication_required"), code)
            pay(account, row, method, authenticated=agreed is True)
    except StripeError as refusal:
        if refusal.error.get("code") == "invoice_payment_intent_requires_action":
            return "requires_action"
        raise
    return "paid"


@contextmanager
def _for_customer(account: Account, customer: str) -> Iterator[Row]:
    """Do something in a transaction and in the customer's time; what a refusal keeps, stays."""
    kept: StripeError | None = None
    with account.transaction():
        row = account.kind("customer")[customer]
        account.follow(row)
        try:
            yield row
        except StripeError as refusal:
            if not refusal.stays:
                raise
            kept = refusal
    if kept:
        raise kept


def _own(account: Account, kind: str, id: str, customer: str) -> Row:
    row = named(account, kind, id, kind)
    if row["customer"] != customer:
        raise refused(f"No such {kind}: '{id}'", kind, "resource_missing")
    return row

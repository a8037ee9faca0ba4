"""What a person does with cards on the hosted pages.

Plain functions, each one transaction, each emitting the events Stripe emits. A refusal rises as
`StripeError`; its `error["message"]` is the sentence for the page. A refused card is written down
(`setup_intent.setup_failed`) before it rises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from portal.sandbox.account import Account
from portal.sandbox.acting import acting_for, own
from portal.sandbox.customers import change_customer
from portal.sandbox.errors import StripeError, card_error, refused
from portal.sandbox.events import emit
from portal.sandbox.new_cards import new_card
from portal.sandbox.payment_methods import detach
from portal.sandbox.rows import Row
from portal.sandbox.setup_intents import new_setup_intent, save_card


@dataclass(frozen=True, slots=True)
class CardSetup:
    """What came of adding a card."""

    status: Literal["succeeded", "requires_action"]
    setup_intent: str
    payment_method: str


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
    with acting_for(account, customer) as row:
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
    with acting_for(account, intent["customer"]):
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
    with acting_for(account, customer) as row:
        change_customer(account, row, {"invoice_settings": settings})


def remove_card(account: Account, customer: str, payment_method: str) -> None:
    """Take a card away from a customer.

    Raises:
        StripeError: it is not the customer's.
    """
    with acting_for(account, customer):
        detach(account, own(account, "payment_method", payment_method, customer))

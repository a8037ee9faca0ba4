"""Add the card that was typed: once, however often its form is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from portal.sandbox import hosted_cards
from portal.sandbox.account import Account
from portal.sandbox.card_form import FIELD_OF_PARAM, read_card
from portal.sandbox.errors import StripeError
from portal.sandbox.rendering import Typed
from portal.sandbox.rows import Row, new_id

_KIND = "_sent_form"


@dataclass(frozen=True, slots=True)
class Saving:
    """What came of a card form: a card, a question of the bank, or sentences."""

    status: Literal["saved", "bank", "refused"]
    setup_intent: str = ""
    payment_method: str = ""
    problems: dict[str, str] = field(default_factory=dict)
    """By field; "" is the whole form."""


def new_once() -> str:
    """Make the secret by which a form that is sent twice is known."""
    return new_id("once")


def time_of(account: Account, customer: Row) -> int:
    """Tell what time it is for a customer: a test clock's, else the account's."""
    clock = account.get("test_helpers.test_clock", customer.get("test_clock"))
    return int(clock["frozen_time"]) if clock else account.account_time()


def save_typed_card(account: Account, customer: Row, typed: Typed) -> Saving:
    """Add a typed card to a customer, without making it the default."""
    sent = account.get(_KIND, f"{customer['id']}:{typed.get('once', '')}")
    if sent and not _is_removed(account, customer, sent):
        return Saving(sent["status"], sent["setup_intent"], sent["payment_method"])
    card, problems = read_card(typed, time_of(account, customer))
    if card is None:
        return Saving("refused", problems=problems)
    try:
        added = hosted_cards.add_card(
            account,
            customer["id"],
            number=card.number,
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            cvc=card.cvc,
            name=card.name,
        )
    except StripeError as refusal:
        return Saving("refused", problems={_field_of(refusal): refusal.error["message"]})
    saving = Saving(
        "saved" if added.status == "succeeded" else "bank", added.setup_intent, added.payment_method
    )
    _remember(account, customer, typed, saving)
    return saving


def _is_removed(account: Account, customer: Row, sent: Row) -> bool:
    card = account.kind("payment_method")[sent["payment_method"]]
    return sent["status"] == "saved" and bool(card["customer"] != customer["id"])


def _field_of(refusal: StripeError) -> str:
    if refusal.error.get("code") == "incorrect_cvc":
        return "cvc"
    if refusal.error.get("code") == "expired_card":
        return "expiry"
    return FIELD_OF_PARAM.get(refusal.error.get("param", ""), "number")


def _remember(account: Account, customer: Row, typed: Typed, saving: Saving) -> None:
    if not 0 < len(typed.get("once", "")) <= 100:
        return
    with account.transaction():
        account.add(
            {
                "id": f"{customer['id']}:{typed['once']}",
                "status": saving.status,
                "setup_intent": saving.setup_intent,
                "payment_method": saving.payment_method,
            },
            _KIND,
        )

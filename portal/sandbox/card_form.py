"""What is typed into a card form, and what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.sandbox.cards import behaviour_of, card_message, is_well_formed
from portal.sandbox.rendering import Typed

FIELDS = ("number", "expiry", "cvc", "name")
FIELD_OF_PARAM = {"exp_month": "expiry", "exp_year": "expiry", "number": "number", "cvc": "cvc"}

_EXPIRY = re.compile(r"(\d{1,2})\s*[/.\- ]\s*(\d{4}|\d{2})|(\d{2})(\d{4}|\d{2})")


@dataclass(frozen=True, slots=True)
class CardTyped:
    """A card as the hosted pages' functions take it."""

    number: str
    exp_month: int
    exp_year: int
    cvc: str
    name: str | None


def read_card(typed: Typed, now: int) -> tuple[CardTyped | None, dict[str, str]]:
    """Read a card form at a moment: the card, or None and a sentence for each wrong field."""
    number = re.sub(r"[\s-]", "", typed.get("number", ""))
    month, year = _month_and_year(typed.get("expiry", ""))
    cvc = typed.get("cvc", "")
    found = {
        "number": _number_problem(number),
        "expiry": _expiry_problem(typed.get("expiry", ""), month, year, now),
        "cvc": _cvc_problem(number, cvc),
    }
    problems = {field: sentence for field, sentence in found.items() if sentence}
    if problems:
        return None, problems
    return CardTyped(number, month, year, cvc, typed.get("name", "")[:200] or None), {}


def _number_problem(number: str) -> str:
    if not number:
        return "Enter your card number."
    if not (number.isascii() and number.isdigit()):
        return "Enter the card number with digits only."
    if len(number) < 12:
        return "Your card number is incomplete."
    return "" if is_well_formed(number) else "Your card number is invalid."


def _month_and_year(text: str) -> tuple[int, int]:
    found = _EXPIRY.fullmatch(text) if text.isascii() else None
    if found is None:
        return 0, 0
    month, year = int(found[1] or found[3]), int(found[2] or found[4])
    return month, year + 2000 if year < 100 else year


def _expiry_problem(text: str, month: int, year: int, now: int) -> str:
    today = datetime.fromtimestamp(now, UTC)
    if not text:
        return "Enter the expiration date, as in 12 / 34."
    if not 1 <= month <= 12:
        return "Enter the expiration date as month and year, as in 12 / 34."
    if (year, month) < (today.year, today.month):
        return "Your card's expiration date is in the past."
    return card_message("invalid_expiry_year") if year > today.year + 49 else ""


def _cvc_problem(number: str, cvc: str) -> str:
    card = behaviour_of(number)
    digits = 4 if card and card.brand == "amex" else 3
    if not cvc:
        return "Enter the security code."
    if not (cvc.isascii() and cvc.isdigit()):
        return "Enter the security code with digits only."
    if len(cvc) < digits:
        return "Your card's security code is incomplete."
    return "" if len(cvc) == digits else card_message("invalid_cvc")

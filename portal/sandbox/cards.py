"""Test cards, and what each of them does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """How a card behaves."""

    number: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    refused: tuple[str, str | None] | None = None
    """Code and decline code with which adding it to a customer is refused."""
    declined: tuple[str, str | None] | None = None
    """Code and decline code with which charges fail."""
    authentication: str = "never"
    """When the bank asks the person: `never`, `setup` (once, when it is saved) or `always`."""


_DECLINED = ("card_declined", "generic_decline")

CARDS: dict[str, Card] = {
    card.number: card
    for card in (
        Card("4242424242424242"),
        Card("4000056655665556", funding="debit"),
        Card("5555555555554444", brand="mastercard"),
        Card("378282246310005", brand="amex"),
        Card("4000002760000016", country="DE"),
        Card("4000008260000000", country="GB"),
        Card("4000000000000002", refused=_DECLINED, declined=_DECLINED),
        Card("4000000000009995", refused=("card_declined", "insufficient_funds")),
        Card("4000000000009987", refused=("card_declined", "lost_card")),
        Card("4000000000009979", refused=("card_declined", "stolen_card")),
        Card("4000000000000069", refused=("expired_card", None)),
        Card("4000000000000127", refused=("incorrect_cvc", None)),
        Card("4000000000000119", refused=("processing_error", None)),
        Card("4000000000000341", declined=_DECLINED),
        Card("4000002500003155", authentication="setup"),
        Card("4000002760003184", authentication="always"),
        Card(
            "4000008260003178",
            authentication="always",
            declined=("card_declined", "insufficient_funds"),
        ),
    )
}

TOKENS = {
    "visa": "4242424242424242",
    "visa_debit": "4000056655665556",
    "mastercard": "5555555555554444",
    "amex": "378282246310005",
    "de": "4000002760000016",
    "gb": "4000008260000000",
    "chargeCustomerFail": "4000000000000341",
    "visa_chargeDeclined": "4000000000000002",
    "chargeDeclined": "4000000000000002",
    "chargeDeclinedInsufficientFunds": "4000000000009995",
    "chargeDeclinedLostCard": "4000000000009987",
    "chargeDeclinedStolenCard": "4000000000009979",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeDeclinedIncorrectCvc": "4000000000000127",
    "chargeDeclinedProcessingError": "4000000000000119",
    "authenticationRequiredOnSetup": "4000002500003155",
    "authenticationRequired": "4000002760003184",
}
"""`pm_card_<name>` and `tok_<name>` stand for these cards."""

_MESSAGES = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "incorrect_number": "Your card number is incorrect.",
    "invalid_expiry_month": "Your card's expiration month is invalid.",
    "invalid_expiry_year": "Your card's expiration year is invalid.",
    "invalid_cvc": "Your card's security code is invalid.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}


def card_message(code: str, decline_code: str | None = None) -> str:
    """Give Stripe's sentence for a refusal."""
    return _MESSAGES.get(decline_code or code) or _MESSAGES[code]


def behaviour_of(number: str) -> Card | None:
    """Find how a card number behaves: a known test card, or None for any other number."""
    return CARDS.get(number)


def is_well_formed(number: str) -> bool:
    """Tell whether a number could be a card's: 12 to 19 digits whose check digit is right."""
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19):
        return False
    doubled = [int(digit) * 2 for digit in number[-2::-2]]
    plain = [int(digit) for digit in number[-1::-2]]
    return (sum(digit - 9 if digit > 9 else digit for digit in doubled) + sum(plain)) % 10 == 0

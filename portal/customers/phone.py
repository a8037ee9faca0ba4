"""Phone numbers: kept as typed, with the digits and the international form beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from portal.customers.text import clean, has_hidden, western
from portal.errors import Problem

LONGEST = 50
FEWEST_DIGITS, MOST_DIGITS = 5, 20

MISSING = Problem("phone_missing", "Enter your phone number.")
TOO_LONG = Problem("phone_too_long", "Enter a phone number of at most 50 characters.")
HIDDEN = Problem(
    "phone_invalid", "Enter your phone number without line breaks or hidden characters."
)
INVALID = Problem("phone_invalid", "Enter a phone number with 5 to 20 digits, like {example}.")
UNLIKELY = Problem(
    "phone_unlikely",
    "This may not be a whole phone number: they look like {example}. You can leave it as it is.",
)

_REGIONS = {"XI": "GB"}
_ANYWHERE = "+44 20 7946 0958"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as typed, its digits, and E.164 where its country's plan knows it."""

    typed: str
    digits: str
    e164: str | None
    is_valid: bool


class InvalidPhone(ValueError):
    """The text cannot be a phone number; `problem` says what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def read_phone(text: str, country: str) -> Phone:
    """Read a phone number of 5 to 20 digits, in any script and with any signs between them.

    One that its country's plan does not know is still taken: then `is_valid` is false.

    Raises:
        InvalidPhone: with the problem to show.
    """
    typed = clean(text)
    if len(typed) > LONGEST:
        raise InvalidPhone(TOO_LONG)
    if has_hidden(typed):
        raise InvalidPhone(HIDDEN)
    dialled = western(typed)
    digits = "".join(sign for sign in dialled if sign.isdecimal())
    if not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
        raise InvalidPhone(
            Problem(INVALID.code, INVALID.sentence, {"example": example_of(country)})
        )
    e164 = _international(dialled, country)
    return Phone(typed, digits, e164, e164 is not None)


def e164_of(text: str, country: str) -> str | None:
    """Return the international form of a number that is kept as it was written; None for none."""
    try:
        return read_phone(text, country).e164 if text else None
    except InvalidPhone:
        return None


def unlikely(country: str) -> Problem:
    """Tell how numbers of the country look: for one that was taken but is not valid there."""
    return Problem(UNLIKELY.code, UNLIKELY.sentence, {"example": example_of(country)})


@lru_cache(maxsize=512)
def example_of(country: str) -> str:
    """Return an example number of the country, as it is written from abroad."""
    number = phonenumbers.example_number(_REGIONS.get(country, country))
    if number is None:
        return _ANYWHERE
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _international(dialled: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(dialled, _REGIONS.get(country, country) or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

"""What we say at each field of the form: its label, and what to do about a wrong value.

Every sentence is whole and stands for one field, so that it can be translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.errors import Problem

N_ = str
"""Marks a text for the translators."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one plain text."""

    longest: int
    missing: Problem
    too_long: Problem
    hidden: Problem


TEXTS: Mapping[str, Wording] = {
    "first_name": Wording(
        150,
        Problem("first_name_missing", "Enter your first name."),
        Problem("first_name_too_long", "Shorten your first name to 150 characters."),
        Problem("first_name_invalid", "Enter your first name without hidden characters."),
    ),
    "last_name": Wording(
        150,
        Problem("last_name_missing", "Enter your last name."),
        Problem("last_name_too_long", "Shorten your last name to 150 characters."),
        Problem("last_name_invalid", "Enter your last name without hidden characters."),
    ),
    "organisation": Wording(
        250,
        Problem("organisation_missing", "Enter the name of your organisation."),
        Problem("organisation_too_long", "Shorten the organisation's name to 250 characters."),
        Problem("organisation_invalid", "Enter the organisation's name without hidden characters."),
    ),
    "line1": Wording(
        150,
        Problem("line1_missing", "Enter your street address."),
        Problem("line1_too_long", "Shorten the street address to 150 characters."),
        Problem("line1_invalid", "Enter your street address without hidden characters."),
    ),
    "line2": Wording(
        150,
        Problem("line2_missing", "Enter the second line of your address."),
        Problem("line2_too_long", "Shorten the second line of the address to 150 characters."),
        Problem(
            "line2_invalid", "Enter the second line of your address without hidden characters."
        ),
    ),
    "line3": Wording(
        150,
        Problem("line3_missing", "Enter the third line of your address."),
        Problem("line3_too_long", "Shorten the third line of the address to 150 characters."),
        Problem("line3_invalid", "Enter the third line of your address without hidden characters."),
    ),
    "city": Wording(
        100,
        Problem("city_missing", "Enter your city."),
        Problem("city_too_long", "Shorten the name of the place to 100 characters."),
        Problem("city_invalid", "Enter the name of the place without hidden characters."),
    ),
    "state": Wording(
        100,
        Problem("state_missing", "Enter your province."),
        Problem("state_too_long", "Shorten the name of the area to 100 characters."),
        Problem("state_invalid", "Enter the name of the area without hidden characters."),
    ),
}

COUNTRY_MISSING = Problem("country_missing", "Choose your country.")
COUNTRY_INVALID = Problem("country_invalid", "Choose a country from the list.")
TERMS_MISSING = Problem("terms_missing", "Agree to the terms to go on.")

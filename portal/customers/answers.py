"""Each answer of the sign-up form, read by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.customers.address import Address, check_address, check_postal_code, warning_of
from portal.customers.countries import COUNTRIES
from portal.customers.email import Email, InvalidEmail, normalize_email, suggest
from portal.customers.phone import MISSING as PHONE_MISSING
from portal.customers.phone import InvalidPhone, Phone, unlikely
from portal.customers.phone import read_phone as phone_of
from portal.customers.tax_id import UNLIKELY as TAX_ID_UNLIKELY
from portal.customers.tax_id import TaxId
from portal.customers.tax_id import read_tax_id as tax_id_of
from portal.customers.text import clean, has_hidden
from portal.customers.wording import COUNTRY_INVALID, COUNTRY_MISSING, TERMS_MISSING, TEXTS
from portal.errors import Problem

Typed = Mapping[str, Any]
"""Field name to what was posted. Whatever is not text counts as not given."""

_TICKED = frozenset({"on", "1", "true", "yes"})
_NO_PHONE = Phone("", "", None, is_valid=True)
_NO_TAX_ID = TaxId("", None, is_valid=True)


@dataclass(frozen=True, slots=True)
class FormRules:
    """What a site asks: names, phone and organisation are each off, optional or required."""

    names: str = "optional"
    phone: str = "optional"
    organisation: str = "off"
    terms: bool = False
    """Whether there are terms to agree to."""
    country_default: str | None = None
    """Taken when no country is given."""
    locale: str = "en"


class Wrong(Exception):
    """What is wrong, by field."""

    def __init__(self, problems: Mapping[str, Problem]) -> None:
        super().__init__()
        self.problems = problems


class Reading:
    """One form being read: what was typed, the site's rules, and the country it is about."""

    def __init__(self, typed: Typed, rules: FormRules) -> None:
        self.typed, self.rules = typed, rules
        code = clean(typed.get("country")).upper() or (rules.country_default or "")
        self.country = code if code in COUNTRIES else ""
        self.names_a_country = bool(code)


def read_email(text: str, reading: Reading) -> Email:
    """Read the address to write to; it is always asked."""
    try:
        return normalize_email(text)
    except InvalidEmail as invalid:
        raise Wrong({"email": invalid.problem}) from invalid


def read_first_name(text: str, reading: Reading) -> str:
    """Read the first name, as the site asks for names."""
    return _text("first_name", text, reading.rules.names)


def read_last_name(text: str, reading: Reading) -> str:
    """Read the last name, as the site asks for names."""
    return _text("last_name", text, reading.rules.names)


def read_organisation(text: str, reading: Reading) -> str:
    """Read the organisation, as the site asks for it."""
    return _text("organisation", text, reading.rules.organisation)


def read_tax_id(text: str, reading: Reading) -> TaxId:
    """Read the tax id, where organisations are asked for; it may stay empty."""
    if not text or reading.rules.organisation == "off":
        return _NO_TAX_ID
    read = tax_id_of(text, reading.country)
    if isinstance(read, Problem):
        raise Wrong({"tax_id": read})
    return read


def read_phone(text: str, reading: Reading) -> Phone:
    """Read the phone number, as the site asks for it."""
    if reading.rules.phone == "off":
        return _NO_PHONE
    if not text:
        if reading.rules.phone == "required":
            raise Wrong({"phone": PHONE_MISSING})
        return _NO_PHONE
    try:
        return phone_of(text, reading.country)
    except InvalidPhone as invalid:
        raise Wrong({"phone": invalid.problem}) from invalid


def read_address(typed: Typed, reading: Reading) -> Address:
    """Read the address with its country, whose rules hold."""
    if not reading.country:
        problem = COUNTRY_INVALID if reading.names_a_country else COUNTRY_MISSING
        raise Wrong({"country": problem})
    address, problems = check_address(typed, reading.country)
    if problems:
        raise Wrong(problems)
    return address


def read_terms(text: str, reading: Reading) -> bool:
    """Read whether they agree to the terms, where there are any."""
    if reading.rules.terms and text.lower() not in _TICKED:
        raise Wrong({"terms": TERMS_MISSING})
    return reading.rules.terms


def read_tick(text: str, reading: Reading) -> bool:
    """Read whether a box was ticked."""
    return text.lower() in _TICKED


def read_postal_code(text: str, reading: Reading) -> None:
    """Check the postal code by itself."""
    problem = check_postal_code(text, reading.country)
    if problem:
        raise Wrong({"postal_code": problem})


def email_warning(text: str, reading: Reading) -> Problem | None:
    """Ask whether a well-known domain was meant."""
    return suggest(read_email(text, reading).domain)


def phone_warning(text: str, reading: Reading) -> Problem | None:
    """Say when the country's plan does not know the number."""
    return None if read_phone(text, reading).is_valid else unlikely(reading.country)


def tax_id_warning(text: str, reading: Reading) -> Problem | None:
    """Say when check digits are wrong."""
    return None if read_tax_id(text, reading).is_valid else TAX_ID_UNLIKELY


def postal_code_warning(text: str, reading: Reading) -> Problem | None:
    """Say when the code seems to lie in another area."""
    address, _ = check_address(reading.typed, reading.country)
    return warning_of(address)


def _text(name: str, text: str, asked: str) -> str:
    wording = TEXTS[name]
    if asked == "off":
        return ""
    if not text and asked == "required":
        raise Wrong({name: wording.missing})
    if len(text) > wording.longest:
        raise Wrong({name: wording.too_long})
    if has_hidden(text):
        raise Wrong({name: wording.hidden})
    return text

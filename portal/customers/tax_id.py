"""Tax ids: which of Stripe's types one is, and how Stripe wants it written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

from stdnum.exceptions import ValidationError

from portal.customers.tax_types import TAX_TYPES, TaxType
from portal.customers.text import clean, has_hidden, shape_like, western
from portal.errors import Problem

LONGEST = 50

TOO_LONG = Problem("tax_id_too_long", "Enter a tax ID of at most 50 characters.")
HIDDEN = Problem("tax_id_invalid", "Enter your tax ID without hidden characters.")
INVALID = Problem("tax_id_invalid", "Enter a tax ID like {example}, or leave it empty.")
INVALID_VAT = Problem("tax_id_invalid", "Enter a VAT number like {example}, or leave it empty.")
UNLIKELY = Problem(
    "tax_id_unlikely", "Check your tax ID: its digits do not add up. You can leave it as it is."
)

NO_SIGNS = Problem("tax_id_invalid", "Enter your tax ID with its letters and digits.")

_BY_PREFIX = {kind.prefix: kind for kind in TAX_TYPES if kind.prefix}
_AS_IN = {"MC": "FR", "IM": "GB", "XI": "GB"}
"""Whose tax ids are theirs too."""


@dataclass(frozen=True, slots=True)
class TaxId:
    """A tax id as Stripe wants it written; no type where Stripe has none for its country."""

    value: str
    type: str | None
    is_valid: bool
    """False when its check digits are wrong, or do not follow the rule we know."""


def read_tax_id(text: str, country: str) -> TaxId | Problem:
    """Tell what kind of tax id this is, of the country or by its prefix (FR…), or what is wrong.

    Prefixes that people leave off are put on. Only the form decides, as at Stripe; wrong check
    digits make it not valid, which is for a warning.
    """
    typed = clean(text)
    if len(typed) > LONGEST:
        return TOO_LONG
    if has_hidden(typed):
        return HIDDEN
    plain = _plain(western(typed))
    fitting = list(_fitting(plain, country))
    for value, kind in fitting:
        if _adds_up(value, kind):
            return TaxId(shape_like(value, kind.example), kind.type, is_valid=True)
    if fitting:
        value, kind = fitting[0]
        return TaxId(shape_like(value, kind.example), kind.type, is_valid=False)
    kinds = _kinds_of(country)
    if kinds:
        return _invalid(kinds[0])
    return TaxId(typed, None, is_valid=True) if plain else NO_SIGNS


def country_of(value: str, type: str | None) -> str:
    """Tell which country gave a tax id of this type of Stripe's; "" where it does not say."""
    fitting = (kind for kind in TAX_TYPES if kind.type == type and kind.fits(_plain(value)))
    kind = next(fitting, None)
    return kind.country if kind else ""


def _plain(text: str) -> str:
    """Leave the separators out."""
    return "".join(sign for sign in text.upper() if sign.isalnum() or sign in "+*&")


@lru_cache(maxsize=512)
def _kinds_of(country: str) -> list[TaxType]:
    kinds = [kind for kind in TAX_TYPES if kind.country == country]
    if country in _AS_IN:
        kinds.append(_BY_PREFIX[_AS_IN[country]])
    return kinds


def _fitting(plain: str, country: str) -> Iterator[tuple[str, TaxType]]:
    for kind in _kinds_of(country):
        bare = plain.removeprefix(country)
        for value in (plain, kind.prefix + plain, plain + kind.suffix, bare, bare + kind.suffix):
            if kind.fits(value):
                yield value, kind
                break
    foreign = _BY_PREFIX.get(plain[:2])
    if foreign and foreign.fits(plain):
        yield plain, foreign


def _adds_up(value: str, kind: TaxType) -> bool:
    if not kind.check:
        return True
    try:
        import_module(f"stdnum.{kind.check}").validate(value)
    except ValidationError:
        return False
    return True


def _invalid(kind: TaxType) -> Problem:
    wording = INVALID_VAT if kind.type.endswith("_vat") else INVALID
    return Problem(wording.code, wording.sentence, {"example": kind.example})

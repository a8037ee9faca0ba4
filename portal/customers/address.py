"""Postal addresses, with the fields and the words of their country."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from portal.customers.address_wording import AREAS, LINE2, PLACES, POSTAL_CODES
from portal.customers.countries import COUNTRIES, countries
from portal.customers.postal_code import is_of_area, normalize_postal_code
from portal.customers.territory import Area, Territory, territory
from portal.customers.text import clean, fold, has_hidden
from portal.customers.wording import TEXTS
from portal.errors import Problem

__all__ = ["COUNTRIES", "Address", "AddressField", "AddressForm", "check_address", "countries"]
__all__ += ["form_of", "warning_of"]

_AUTOCOMPLETE = {
    "line1": "address-line1",
    "line2": "address-line2",
    "city": "address-level2",
    "state": "address-level1",
    "postal_code": "postal-code",
}


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `state` is ISO 3166-2 without the country where that is known."""

    line1: str = ""
    line2: str = ""
    line3: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class AddressField:
    """One control of the form; `label` is a message id, `options` are code and name."""

    name: str
    label: str
    autocomplete: str
    required: bool
    kind: str = "text"
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AddressForm:
    """The address fields of a country, in the order its people write them."""

    country: str
    fields: tuple[AddressField, ...]


def form_of(country: str, locale: str = "en") -> AddressForm:
    """Return the country's fields; of an unknown country, those that suit most.

    Areas are named in the country's own script for readers of its language, else in Latin.
    """
    place = territory(country)
    return _form(place.country, locale.replace("_", "-").split("-")[0] == place.language)


def check_address(typed: Mapping[str, object], country: str) -> tuple[Address, dict[str, Problem]]:
    """Read an address of a known country: what can be taken of it, and every problem in form order.

    An area is found by code or by name in any script. A postal code that does not lie in the area
    is taken (see `warning_of`); one where the country has none is left out.
    """
    place = territory(country)
    given = {name: clean(typed.get(name)) for name in ("line1", "line2", "line3", "city", "state")}
    given["postal_code"] = clean(typed.get("postal_code"))
    problems: dict[str, Problem] = {}
    for name in _order(place):
        problem = _problem(name, given[name], place)
        if problem:
            problems[name] = problem
    given["state"] = place.spellings.get(fold(given["state"]), given["state"])
    given["postal_code"] = normalize_postal_code(given["postal_code"], place) or ""
    return Address(**given, country=country), problems


def check_postal_code(typed: str, country: str) -> Problem | None:
    """Return what is wrong with a postal code, if anything is."""
    return _problem("postal_code", clean(typed), territory(country))


def warning_of(address: Address) -> Problem | None:
    """Return what to say, without refusing, of a postal code that seems to lie elsewhere."""
    place = territory(address.country)
    if not address.postal_code or is_of_area(address.postal_code, address.state, place):
        return None
    names = {area.code: area.name for area in place.areas}
    wording = POSTAL_CODES[place.kinds["postal_code"]].elsewhere
    area = names.get(address.state, "Northern Ireland")
    return Problem(wording.code, wording.sentence, {"area": area})


@cache
def _form(country: str, native: bool) -> AddressForm:
    place = territory(country)
    names = [name for name in _order(place) if name in place.order or name == "line2"]
    return AddressForm(country, tuple(_field(name, place, native) for name in names))


def _order(place: Territory) -> list[str]:
    """List every part of an address, the country's own in its order, the others where they fit."""
    order = list(place.order)
    after = order.index("line1") + 1
    order[after:after] = ["line2", "line3"]
    return order + [name for name in ("city", "state", "postal_code") if name not in order]


def _field(name: str, place: Territory, native: bool) -> AddressField:
    options = _options(place.areas, native) if name == "state" else ()
    return AddressField(
        name=name,
        label=_label(name, place),
        autocomplete=_AUTOCOMPLETE[name],
        required=name in place.required,
        kind="select" if options else "text",
        options=options,
    )


def _label(name: str, place: Territory) -> str:
    if name == "line2":
        return LINE2
    kind = place.kinds[name]
    if name == "state":
        return AREAS[kind].label
    return POSTAL_CODES[kind].label if name == "postal_code" else PLACES[kind].label


def _options(areas: tuple[Area, ...], native: bool) -> tuple[tuple[str, str], ...]:
    if native:
        return tuple((area.code, area.native_name) for area in areas)
    named = [(area.code, area.name) for area in areas]
    return tuple(sorted(named, key=lambda option: fold(option[1])))


def _problem(name: str, text: str, place: Territory) -> Problem | None:
    if not text:
        is_missing = name in place.required and name in place.order
        return _missing(name, place) if is_missing else None
    if name == "postal_code":
        return _postal_problem(text, place)
    if len(text) > TEXTS[name].longest:
        return TEXTS[name].too_long
    if has_hidden(text):
        return TEXTS[name].hidden
    if name == "state" and place.areas and fold(text) not in place.spellings:
        return AREAS[place.kinds["state"]].unlisted
    return None


def _missing(name: str, place: Territory) -> Problem:
    if name == "postal_code":
        return POSTAL_CODES[place.kinds[name]].missing
    if name == "state":
        wording = AREAS[place.kinds[name]]
        return wording.unchosen if place.areas else wording.missing
    return PLACES[place.kinds[name]].missing


def _postal_problem(text: str, place: Territory) -> Problem | None:
    if normalize_postal_code(text, place) is not None:
        return None
    wording = POSTAL_CODES[place.kinds["postal_code"]].invalid
    return Problem(wording.code, wording.sentence, {"example": place.postal_examples[0]})

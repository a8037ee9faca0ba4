"""The countries a person can choose, by their names."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from babel import Locale, UnknownLocaleError

_CODES = (
    "AD AE AF AG AI AL AM AO AR AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT "
    "BW BY BZ CA CD CF CG CH CI CK CL CM CN CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES "
    "ET FI FJ FK FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE "
    "IL IM IN IO IQ IS IT JE JM JO JP KE KG KH KI KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV "
    "LY MA MC MD ME MF MG MK ML MM MN MO MQ MR MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR "
    "NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ "
    "SK SL SM SN SO SR SS ST SV SX SZ TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ "
    "VA VC VE VG VN VU WF WS XI YE YT ZA ZM ZW"
)
COUNTRIES = frozenset(_CODES.split())
"""ISO 3166 alpha-2 and XI: what Stripe ships to, without places nobody is billed in.

The territories of the United States that are not here are areas of US, as its post sees them.
"""

_NORTHERN_IRELAND = {
    "ar": "أيرلندا الشمالية",
    "de": "Nordirland",
    "en": "Northern Ireland",
    "es": "Irlanda del Norte",
    "fr": "Irlande du Nord",
    "ja": "北アイルランド",
    "pt": "Irlanda do Norte",
}
"""Babel names no parts of countries."""


@lru_cache(maxsize=64)
def countries(locale: str) -> tuple[tuple[str, str], ...]:
    """Return code and name of every country, by name in the locale's words (else in English)."""
    language, names = _names(locale)
    named = [(code, names[code]) for code in COUNTRIES if code != "XI"]
    northern = _NORTHERN_IRELAND.get(language, _NORTHERN_IRELAND["en"])
    named.append(("XI", f"{names['GB']} ({northern})"))
    return tuple(sorted(named, key=lambda country: (_sorting(country[1]), country[0])))


def _names(locale: str) -> tuple[str, dict[str, str]]:
    try:
        known = Locale.parse(locale, sep="-" if "-" in locale else "_")
    except (UnknownLocaleError, ValueError):
        known = Locale.parse("en")
    return known.language, dict(known.territories)


def _sorting(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in plain if not unicodedata.combining(sign))

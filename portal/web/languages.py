"""Say things in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from portal.errors import Problem
from portal.words import translations

_TAG = re.compile(r"([a-z]{1,8}(?:-[a-z0-9]{1,8})*|\*)(?:\s*;\s*q=([01](?:\.\d{0,3})?))?", re.ASCII)


@lru_cache(1024)
def choose_locale(offered: tuple[str, ...], accepted: str) -> str:
    """Choose among a site's languages what a Accept-Language likes best, else the first."""
    by_tag = {tag.lower(): tag for tag in reversed(offered)}
    by_language = {tag.lower().partition("-")[0]: tag for tag in reversed(offered)}
    for tag in accepted_tags(accepted):
        if found := by_tag.get(tag) or by_language.get(tag.partition("-")[0]):
            return found
    return offered[0] if offered else "en"


@lru_cache(1024)
def accepted_tags(accepted: str) -> tuple[str, ...]:
    """Read Accept-Language: the tags in lower case, the best liked first."""
    read = [_TAG.fullmatch(part.strip()) for part in accepted.lower()[:500].split(",")]
    liked = [(float(tag[2] or 1), tag[1]) for tag in read if tag]
    return tuple(tag for weight, tag in sorted(liked, key=lambda it: -it[0]) if weight > 0)


def region_of(accepted: str) -> str | None:
    """Return the country of the best liked tag that names one, such as DE of de-DE."""
    for tag in accepted_tags(accepted):
        region = tag.rpartition("-")[2]
        if "-" in tag and len(region) == 2:
            return region.upper()
    return None


def say(problem: Problem, locale: str) -> str:
    """Say what is wrong in the reader's language."""
    return translations(locale).gettext(problem.sentence).format_map(problem.values)


def language_names(tags: Sequence[str]) -> list[tuple[str, str]]:
    """Return languages by their tags, each named in itself."""
    from babel.core import Locale

    named = [(tag, Locale.parse(tag, sep="-" if "-" in tag else "_")) for tag in tags]
    return [(tag, (known.display_name or tag).capitalize()) for tag, known in named]


@lru_cache(256)
def currency_of(region: str | None, offered: Sequence[str]) -> str | None:
    """Return the currency that people of a country pay in, if it is one of those offered."""
    from babel.core import get_global

    paid = get_global("territory_currencies").get(region or "", ())
    return next(
        (code.lower() for code, *_, end, _legal in paid if not end and code.lower() in offered),
        None,
    )

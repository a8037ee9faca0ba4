"""The templates, one environment for each language."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.amounts import money, written_date
from portal.settings import TEMPLATES
from portal.sites.market import fixed_words
from portal.web.languages import say
from portal.web.static import static_url
from portal.words import direction, translations

_PATHS: dict[str, str] = {}


@cache
def environment(locale: str) -> Environment:
    """Return the environment that speaks this language: undefined names are errors."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        cache_size=-1,
    )
    _speak(made, locale)
    made.globals.update(
        locale=locale,
        direction=direction(locale),
        say=partial(say, locale=locale),
        money=partial(money, locale=locale),
        date=partial(written_date, locale=locale),
        by_law=fixed_words(locale),
        url_for=url_for,
        static_url=static_url,
    )
    return made


def name_paths(paths: dict[str, str]) -> None:
    """Remember the path of each named route, such as /signup/status/{onboarding}."""
    _PATHS.clear()
    _PATHS.update(paths)


def is_page(name: str) -> bool:
    """Tell whether a route of that name has one path only, without anything to fill in."""
    return "{" not in _PATHS.get(name, "{")


def url_for(name: str, /, **values: str) -> str:
    """Return the path of a named route."""
    path = _PATHS[name]
    for key, value in values.items():
        path = path.replace("{" + key + "}", quote(str(value), safe=""))
    return path


def _speak(made: Environment, locale: str) -> None:
    spoken = translations(locale)
    install: Callable[..., None] = made.install_gettext_callables  # type: ignore[attr-defined]
    install(spoken.gettext, spoken.ngettext, newstyle=True, pgettext=spoken.pgettext)

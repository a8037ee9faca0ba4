"""A language that is English with accents: what stays without them was never translated."""

from __future__ import annotations

import re
from functools import cache, partial
from html.parser import HTMLParser
from typing import Any

from portal.errors import Problem
from tests.templates.stage import speaking

ACCENTS = str.maketrans("aceginosuyzACEGINOSUYZbdfhjklmpqrtvwxBDFHJKLMPQRTVWX",
                        "áćéǵíńóśúýźÁĆÉǴÍŃÓŚÚÝŹƀđƒħĵķļɱƥɋŕţṽŵẋƁĐƑĦĴĶĻṀƤɊŔŢṼŴẊ")  # fmt: skip
PLACEHOLDERS = re.compile(r"(%\(\w+\)s|%%|<[^>]*>|&\w+;|https?://\S+)")
# What stands in every language as it is: addresses, codes and numbers of requests.
SAME_EVERYWHERE = re.compile(r"https?://\S+|\S+@northwind\.example|req_\w+|EUR|USD|[\d/:.,€–]+")


def accented(words: str) -> str:
    """Write words with no letter of English left, but for placeholders, tags and addresses."""
    parts = PLACEHOLDERS.split(words)
    return "".join(
        part if PLACEHOLDERS.fullmatch(part) else part.translate(ACCENTS) for part in parts
    )


@cache
def pseudo() -> Any:
    """Return an environment whose language is English with accents on every letter."""
    made = speaking()
    made.install_gettext_callables(  # type: ignore[attr-defined]
        accented, lambda one, many, n: accented(one if n == 1 else many), newstyle=True
    )
    made.globals.update(
        say=lambda problem: str(Problem(problem.code, accented(problem.sentence), problem.values)),
        date=lambda when: f"{when:%d.%m.%Y}",
    )
    return made


class _Words(HTMLParser):
    """Collect what a person reads or hears of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("style", "script")
        spoken = ("aria-label", "title", "alt", "placeholder", "data-title")
        self.words += [value or "" for name, value in attrs if name in spoken]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def read(html: str) -> list[str]:
    """Return the words of a page, without those that are the same in every language."""
    parser = _Words()
    parser.feed(html)
    strip = partial(SAME_EVERYWHERE.sub, "")
    return [words for words in (strip(found).strip() for found in parser.words) if words]

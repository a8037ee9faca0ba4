"""Take out of a text what is secret or a person's: by its shape, or because we were told of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote_plus

from portal.cards import without_cards

HIDDEN = "…"
NEVER_SHOWN = re.compile(
    r"body|headers?|cookies?|authorization|passw(or)?d|secret|token|code_typed|params|form|typed",
    re.IGNORECASE,
)
_PATTERNS = (
    (re.compile(r"\b(portal_(?:test|live)_[sp]k_)[\w-]+"), r"\1" + HIDDEN),
    (re.compile(r"\b((?:sk|rk|pk)_(?:test|live)_)\w+"), r"\1" + HIDDEN),
    (re.compile(r"\b(whsec_)[\w+/=-]+"), r"\1" + HIDDEN),
    (re.compile(r"\b(Bearer|Basic)\s+[^\s\"',]+", re.IGNORECASE), r"\1 " + HIDDEN),
    (re.compile(r"(https?://(?:billing|invoice|pay|checkout)\.stripe\.com/)[^\s\"'<>]+"),
     r"\1" + HIDDEN),
    (re.compile(r"(/p/session/)[^\s\"'<>]+"), r"\1" + HIDDEN),
    (
        re.compile(r"(/signin/link/|/signup/resume/|/contracts/confirm/)[^\s\"'<>?]+"),
        r"\1" + HIDDEN,
    ),
    (
        re.compile(
            r"\b((?:__Host-)?(?:session|flow|token|code|password|secret|client_secret)=)"
            r"[^\s&;\"',)]+",
            re.IGNORECASE,
        ),
        r"\1" + HIDDEN,
    ),
    (re.compile(r"\b((?:pi|seti)_\w+_secret_)\w+"), r"\1" + HIDDEN),
    # What PostgreSQL quotes of a row.
    (re.compile(r"(DETAIL:\s+)[^\n]*"), r"\1" + HIDDEN),
    (re.compile(r"(?<![\w+])\+\d[\d\s().\-/\u00a0]{5,}\d"), "+" + HIDDEN),
    # A code as our mails show it.
    (re.compile(r"(?<![\w-])\d{4}[ \u00a0]\d{4}(?![\w-])"), HIDDEN),
    (re.compile(r"(\w://)[^\s/@]+@"), r"\1" + HIDDEN + "@"),
    (re.compile(r"(?<![\w.+-])([^\s@<>\"'(),:;=/…])[^\s@<>\"'(),:;=/]*?(@|%40)([\w-]+(?:\.[\w-]+)*)",
                re.IGNORECASE), r"\1" + HIDDEN + r"\2\3"),
    (re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])"), HIDDEN),
)  # fmt: skip


# What nobody but a program writes: our ids and Stripe's, by their prefixes.
_ID = re.compile(
    r"(?:answ|chng|comp|cons|ctax|cust|dlv|drft|idmp|key|lease|msg|onbo|op|plan|pric|sign|site|sub|whep|work|req"
    r"|acct|bpc|bps|card|ch|clock|cs|cus|dp|evt|ii|il|in|li|mbur|mtr|pi|pm|po|price|prod|promo|py"
    r"|pyr|re|seti|si|src|txcd|txi|txn|txr|we)_(?=\w*\d)\w+",
    re.ASCII,
)
_SHORTEST, _LONGEST, _MOST = 2, 2000, 200
_ON_ERRORS = "portal_hidden"

_hidden: ContextVar[tuple[str, ...]] = ContextVar("portal.hidden", default=())


def redacted(text: str, also: Iterable[str] = ()) -> str:
    """Return the text without keys, tokens, cookies, portal addresses and persons' addresses.

    `also` are values to take out wherever they stand as words of their own.
    """
    text = without_cards(text, HIDDEN)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    patterns = {pattern for value in also for pattern in _patterns_of(value)}
    if patterns:
        longest_first = sorted(patterns, key=len, reverse=True)
        words = re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})", re.IGNORECASE)
        text = words.sub(HIDDEN, text)
    return text


def hide(values: Iterable[object]) -> None:
    """Show none of these values in a line that is logged from here on in this task."""
    _hidden.set((*_hidden.get(), *_texts(values))[-_MOST:])


def hidden_now() -> tuple[str, ...]:
    """Return what this task was told to hide."""
    return _hidden.get()


def hide_in(error: BaseException, values: Iterable[object]) -> None:
    """Show none of these values where this error is logged, in whichever task that is."""
    known = getattr(error, _ON_ERRORS, ())
    setattr(error, _ON_ERRORS, (*known, *_texts(values))[-_MOST:])


def hidden_of(exc_info: object) -> Iterator[str]:
    """Yield what an error that is logged, or one behind it, is not to show."""
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        error = waiting.pop()
        if not isinstance(error, BaseException) or id(error) in seen:
            continue
        seen.add(id(error))
        yield from getattr(error, _ON_ERRORS, ())
        waiting += [error.__cause__, error.__context__]
        if isinstance(error, BaseExceptionGroup):
            waiting += error.exceptions


def _texts(values: Iterable[object]) -> Iterator[str]:
    """Yield the texts among values, and those inside of JSON; our own ids and Stripe's stay."""
    for value in values:
        if isinstance(value, (dict, list)):
            yield from _texts(_leaves(value))
        if not isinstance(value, str):
            continue
        inner = _inside(value) if value[:1] in ("{", "[") else None
        if inner is not None:
            yield from _texts(inner)
        elif len(value) >= _SHORTEST and not _ID.fullmatch(value):
            yield value[:_LONGEST]


def _inside(text: str) -> list[Any] | None:
    try:
        return list(_leaves(json.loads(text)))
    except ValueError:
        return None


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _patterns_of(value: str) -> Iterator[str]:
    """Yield what finds a value as a word of its own, or one that was cut and all behind it."""
    end = r"(?s:.*)" if len(value) == _LONGEST else r"(?!\w)"
    for spelling in _spellings(value):
        yield re.escape(spelling) + end


def _spellings(value: str) -> Iterator[str]:
    """Yield how a value may stand in a line: as it is, in Python's quotes, in JSON, in a form."""
    yield value
    yield repr(value)[1:-1]
    yield json.dumps(value)[1:-1]
    yield quote_plus(value)

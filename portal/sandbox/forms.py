"""Stripe's way of writing nested parameters in a form: `items[0][price]=price_1`."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from portal.sandbox.errors import invalid

Form = dict[str, Any]
"""Text, or nested: a list arrives as a dict of its indexes until the schema says what it is."""

_PART = re.compile(r"\[([^\[\]]*)\]")


def read_form(text: str) -> Form:
    """Read a query string or a form body into nested dicts of text."""
    form: Form = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        _put(form, _path(name), value)
    return form


def _path(name: str) -> list[str]:
    first, bracket, _ = name.partition("[")
    return [first, *_PART.findall(name)] if bracket else [name]


def _put(form: Form, path: list[str], value: str) -> None:
    place = form
    for part in path[:-1]:
        place = place.setdefault(part or str(len(place)), {})
        if not isinstance(place, dict):
            raise invalid("Invalid object", bracketed(path))
    last = path[-1] or str(len(place))
    if isinstance(place.get(last), dict):
        raise invalid("Invalid string", bracketed(path))
    place[last] = value


def bracketed(path: list[str] | tuple[str, ...]) -> str:
    """Write a path as Stripe names a parameter: `items[0][price]`."""
    return path[0] + "".join(f"[{part}]" for part in path[1:])

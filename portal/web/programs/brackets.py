"""Forms that write what is nested in brackets: `address[line1]=…`, `tax_id_data[0][type]=…`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

MOST_FIELDS = 500
DEEPEST = 4
_PART = re.compile(r"\[([^\[\]]*)\]")
_NAME = re.compile(r"[^\[\]]+(?:\[[^\[\]]*\])*")
_INDEX = re.compile(r"[0-9]{1,4}")


class BadBrackets(Exception):
    """A field that cannot be read, by its name as it was sent, and why."""

    def __init__(self, param: str, sentence: str) -> None:
        super().__init__(sentence)
        self.param, self.sentence = param, sentence


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return what a form says: text, or what is nested by name; of a field sent twice the last.

    A list stays a mapping of its indexes until `in_order` makes a list of it; `a[]` counts on.

    Raises:
        BadBrackets: brackets that do not close, more than four of them, more than 500 fields, or
            a field that is text here and holds others there.
    """
    form: dict[str, Any] = {}
    for count, (name, value) in enumerate(pairs, start=1):
        if count > MOST_FIELDS:
            raise BadBrackets("", f"Send at most {MOST_FIELDS} fields.")
        _put(form, name, value)
    return form


def _put(form: dict[str, Any], name: str, value: str) -> None:
    first, *rest = _path(name)
    place, last = form, first
    for part in rest:
        inner = place.setdefault(last, {})
        if not isinstance(inner, dict):
            raise BadBrackets(name, "This field is text and holds other fields at once.")
        place, last = inner, part or str(len(inner))
    if isinstance(place.get(last), dict):
        raise BadBrackets(name, "This field is text and holds other fields at once.")
    place[last] = value


def _path(name: str) -> list[str]:
    if not _NAME.fullmatch(name):
        raise BadBrackets(name, "The brackets of this field's name do not fit.")
    path = [name.partition("[")[0], *_PART.findall(name)]
    if len(path) > DEEPEST + 1:
        raise BadBrackets(name, f"Fields are nested at most {DEEPEST} deep.")
    return path


def flat(path: Sequence[str | int]) -> str:
    """Write where a value stands as such a form names it: `tax_id_data[0][value]`."""
    return str(path[0]) + "".join(f"[{part}]" for part in path[1:]) if path else ""


def in_order(value: Any) -> list[Any] | None:
    """Return what was sent as a list, by its indexes; None when it is none. Empty text is empty."""
    if value == "":
        return []
    if not isinstance(value, dict) or not all(_INDEX.fullmatch(name) for name in value):
        return None
    return [value[name] for name in sorted(value, key=int)]

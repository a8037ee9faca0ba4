"""The language of searches: clauses such as `email:'ada@example.com'`, all or any of which hold."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from portal.sandbox.errors import StripeError, invalid
from portal.sandbox.rows import Row

FieldType = Literal["text", "token", "number"]
"""Text may be searched for parts, a token only as a whole, a number by its size."""

MOST_CLAUSES = 10
_QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_CLAUSE = re.compile(
    rf"(?P<not>-)?(?:metadata\[(?P<key>{_QUOTED})\]|(?P<field>[a-z_]+))"
    rf"\s*(?P<operator>>=|<=|[:~<>=])\s*(?P<value>null|-?\d+|{_QUOTED})"
)
_JOINT = re.compile(r"(?:\s+(?P<word>AND|OR)\s+|\s+)")
_BY_SIZE: dict[str, Callable[[Any, Any], bool]] = {
    ":": operator.eq,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that is wanted of a row; a value of None means that the field is empty."""

    field: str
    key: str | None
    """Of metadata."""
    operator: str
    value: str | None
    is_negated: bool

    def holds(self, row: Row) -> bool:
        """Tell whether a row is as it is wanted."""
        return self._fits(self._found(row)) != self.is_negated

    def _found(self, row: Row) -> Any:
        found = row.get(self.field)
        return (found or {}).get(self.key) if self.field == "metadata" else found

    def _fits(self, found: Any) -> bool:
        if self.value is None or found is None:
            return self.value is None and found in (None, "")
        if isinstance(found, int) and not isinstance(found, bool):
            return _BY_SIZE[self.operator](found, int(self.value))
        if self.operator == "~":
            return self.value.lower() in str(found).lower()
        return self.value.lower() == str(found).lower()


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for."""

    clauses: tuple[Clause, ...]
    any_will_do: bool

    def fits(self, row: Row) -> bool:
        """Tell whether a row is found."""
        answers = (clause.holds(row) for clause in self.clauses)
        return any(answers) if self.any_will_do else all(answers)


def read_query(text: str, fields: Mapping[str, FieldType], resource: str) -> Query:
    """Read a query about the fields that a resource can be searched by.

    Raises:
        StripeError: it cannot be read, or asks about something else.
    """
    clauses: list[Clause] = []
    words: set[str] = set()
    place, text = 0, text.strip()
    while True:
        found = _CLAUSE.match(text, place)
        if found is None:
            raise _unreadable()
        clauses.append(_clause(found, fields, resource))
        place = found.end()
        if place == len(text):
            break
        joint = _JOINT.match(text, place)
        if joint is None:
            raise _unreadable()
        words.add(joint["word"] or "AND")
        place = joint.end()
    if len(words) > 1:
        raise invalid("You can't combine AND and OR in the same search query.", "query")
    if len(clauses) > MOST_CLAUSES:
        raise invalid(f"A query can have at most {MOST_CLAUSES} clauses.", "query")
    return Query(tuple(clauses), words == {"OR"})


def _clause(found: re.Match[str], fields: Mapping[str, FieldType], resource: str) -> Clause:
    field = "metadata" if found["key"] else found["field"]
    if field not in fields or (field == "metadata") != bool(found["key"]):
        raise invalid(
            f"Field `{field}` is an unsupported search field for resource `{resource}`.", "query"
        )
    clause = Clause(
        field,
        _unquoted(found["key"]) if found["key"] else None,
        found["operator"],
        None if found["value"] == "null" else _unquoted(found["value"]),
        bool(found["not"]),
    )
    _check(clause, fields[field], found["value"])
    return clause


def _check(clause: Clause, type: FieldType, written: str) -> None:
    """Refuse an operator or a value that the field's type does not know."""
    known = {"text": (":", "~"), "token": (":",), "number": tuple(_BY_SIZE)}[type]
    if clause.operator not in known:
        raise invalid(
            f"Field `{clause.field}` does not support the operator `{clause.operator}`.", "query"
        )
    if clause.value is None:
        return
    if type == "number":
        if not re.fullmatch(r"-?\d+", clause.value):
            raise invalid(f"Field `{clause.field}` needs a number.", "query")
    elif written[0] not in "'\"":
        raise _unreadable()
    elif clause.operator == "~" and len(clause.value) < 3:
        raise invalid("A part to search for has at least three characters.", "query")


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] in "'\"" else value


def _unreadable() -> StripeError:
    return invalid(
        "We were unable to parse your search query. Try using the format"
        ' `metadata["key"]:"value"` to query for metadata or key:"value" to query for other'
        " fields.",
        "query",
    )

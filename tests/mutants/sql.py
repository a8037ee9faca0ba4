"""Changes inside SQL: half of our rules are written in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SQL = re.compile(r"\b(SELECT|UPDATE|DELETE|INSERT|WHERE|AND|LIKE|IS NULL|ON CONFLICT|ORDER BY)\b")
_CHANGES = (
    (re.compile(r"(?:WHERE|AND|OR|ON)\s+\(?[\w.]+ (=) "), "<>"),
    (re.compile(r" (<=) "), "<"),
    (re.compile(r" (>=) "), ">"),
    (re.compile(r" (<) "), ">="),
    (re.compile(r" (>) "), "<="),
    (re.compile(r" (<>) "), "="),
    (re.compile(r"\b(AND)\b"), "OR"),
    (re.compile(r"\b(OR)\b"), "AND"),
    (re.compile(r"\b(IS NULL)\b"), "IS NOT NULL"),
    (re.compile(r"\b(IS NOT NULL)\b"), "IS NULL"),
    (re.compile(r"\b(NOT )(?:EXISTS|IN|LIKE)\b"), ""),
    (re.compile(r"(?<!NOT )\b(LIKE)\b"), "NOT LIKE"),
    (re.compile(r"(?<!NOT )\b(IN) \("), "NOT IN"),
    (re.compile(r"\b(MIN)\("), "MAX"),
    (re.compile(r"\b(MAX)\("), "MIN"),
    (re.compile(r"ORDER BY ([\w.]+)"), "1"),
    (re.compile(r" (\+) "), "-"),
    (re.compile(r"'(\w+)'"), "XX"),
)


def is_sql(source: str) -> bool:
    """Tell whether the source of a string is a piece of a statement."""
    return _SQL.search(source) is not None


def changes_in(source: str) -> Iterator[tuple[int, int, str]]:
    """Yield each change of a piece: from where to where, and what stands there instead."""
    for pattern, new in _CHANGES:
        for found in pattern.finditer(source):
            yield found.start(1), found.end(1), new

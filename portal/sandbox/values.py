"""Read one plain value of a form: text, whole and decimal numbers, yes or no."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from portal.sandbox.errors import invalid
from portal.sandbox.forms import bracketed

Path = tuple[str, ...]
Reader = Callable[[Any, Path], Any]


def text(value: Any, path: Path) -> Any:
    """Read text; an empty one is the operation's to understand."""
    if isinstance(value, dict):
        raise invalid("Invalid string: {...}", bracketed(path))
    return value


def required_text(value: Any, path: Path) -> Any:
    """Read text that may not be empty."""
    if value == "":
        name = bracketed(path)
        raise invalid(
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to"
            f" unset a parameter; however '{name}' cannot be unset. You should remove '{name}'"
            " from your request or supply a non-empty value.",
            name,
            "parameter_invalid_empty",
        )
    return text(value, path)


def anything(value: Any, path: Path) -> Any:
    """Take a value as it came."""
    return value


def _integer(value: Any, path: Path) -> Any:
    given = text(value, path)
    digits = given.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise invalid(f"Invalid integer: {given}", bracketed(path), "parameter_invalid_integer")
    return int(given)


def _boolean(value: Any, path: Path) -> Any:
    if value not in ("true", "false"):
        raise invalid(f"Invalid boolean: {text(value, path)}", bracketed(path))
    return value == "true"


def _number(value: Any, path: Path) -> Any:
    return float(_decimal(value, path))


def _decimal(value: Any, path: Path) -> Any:
    given = text(value, path)
    try:
        number = Decimal(given)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise invalid(f"Invalid decimal: {given}", bracketed(path))
    return given


PLAIN: dict[Any, Reader] = {
    int: _integer,
    bool: _boolean,
    float: _number,
    Decimal: _decimal,
}
"""The reader of each plain type an annotation can name."""

"""Read values that are made of others: a choice, a list, a mapping, an object."""

from __future__ import annotations

from typing import Any

from portal.sandbox.errors import invalid, missing
from portal.sandbox.forms import Form, bracketed
from portal.sandbox.values import Path, Reader


def read_fields(
    value: Form, path: Path, fields: dict[str, Reader], required: set[str]
) -> dict[str, Any]:
    """Read what stands under known names, of which some may not be missing."""
    unknown = [name for name in value if name not in fields]
    if unknown:
        names = [bracketed((*path, name)) for name in unknown]
        plural = "s" if len(names) > 1 else ""
        raise invalid(
            f"Received unknown parameter{plural}: {', '.join(names)}", names[0], "parameter_unknown"
        )
    for name in sorted(required):
        if name not in value:
            raise missing(bracketed((*path, name)))
    return {name: fields[name](given, (*path, name)) for name, given in value.items()}


def either(readers: list[Reader], choices: list[str], *, can_unset: bool) -> Reader:
    """Read one of these words, else by the first of these readers that can."""

    def read(value: Any, path: Path) -> Any:
        if value == "" and can_unset:
            return None
        if value in choices:
            return value
        if not readers:
            return one_of(choices)(value, path)
        for reader in readers[:-1]:
            try:
                return reader(value, path)
            except Exception:  # noqa: S112 - the last reader words the refusal
                continue
        return readers[-1](value, path)

    return read


def one_of(choices: list[str]) -> Reader:
    """Read one of these words."""

    def read(value: Any, path: Path) -> Any:
        if value not in choices:
            *others, last = choices
            words = f"{', '.join(others)}, or {last}" if others else last
            raise invalid(
                f"Invalid {bracketed(path)}: must be one of {words}"
                if others
                else f"Invalid {bracketed(path)}: must be {words}",
                bracketed(path),
            )
        return value

    return read


def list_of(reader: Reader) -> Reader:
    """Read a list of such values."""

    def read(value: Any, path: Path) -> Any:
        if value == "":
            return []
        if not isinstance(value, dict) or not all(index.isdigit() for index in value):
            raise invalid("Invalid array", bracketed(path))
        ordered = sorted(value.items(), key=lambda entry: int(entry[0]))
        return [reader(given, (*path, index)) for index, given in ordered]

    return read


def mapping_of(reader: Reader) -> Reader:
    """Read such values, each under a name of its own."""

    def read(value: Any, path: Path) -> Any:
        if value == "":
            return None
        if not isinstance(value, dict):
            raise invalid("Invalid object", bracketed(path))
        return {name: reader(given, (*path, name)) for name, given in value.items()}

    return read

"""What most kinds of rows share: metadata that merges, and updates that tell of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import StripeError, invalid
from portal.sandbox.events import emit
from portal.sandbox.rows import Row, copied
from portal.sandbox.views import shown


def merged_metadata(before: dict[str, str] | None, given: dict[str, Any] | None) -> dict[str, str]:
    """Merge metadata as Stripe does: an empty value unsets a key, an empty whole unsets all."""
    if given is None:
        return {}
    merged = dict(before or {})
    for name, value in given.items():
        if len(name) > 40:
            raise invalid(f"Metadata keys cannot exceed 40 characters: {name}", f"metadata[{name}]")
        if value is not None and len(str(value)) > 500:
            raise invalid(
                "Metadata values must have up to 500 characters, but you passed in a value that is"
                f" {len(str(value))} characters.",
                f"metadata[{name}]",
            )
        if value in ("", None):
            merged.pop(name, None)
        else:
            merged[name] = str(value)
    if len(merged) > 50:
        raise invalid("You can only have up to 50 metadata keys.", "metadata")
    return merged


def new_metadata(params: dict[str, Any]) -> dict[str, str]:
    """Read metadata for something new."""
    return merged_metadata({}, params.get("metadata"))


def take(row: Row, params: dict[str, Any], *names: str) -> None:
    """Copy the given parameters over the row; an empty text unsets."""
    for name in names:
        if name in params:
            row[name] = None if params[name] == "" else params[name]
    if "metadata" in params:
        row["metadata"] = merged_metadata(row.get("metadata"), params["metadata"])


@contextmanager
def revising(account: Account, kind: str, id: str, event: str | None) -> Iterator[Row]:
    """Change a row, and emit the event with what it was before, if anything shown changed."""
    before = shown(account, account.kind(kind)[id])
    row = account.edit(kind, id)
    yield row
    previous = differences(before, shown(account, row))
    if previous and event:
        emit(account, event, row, previous)


def differences(before: Row, after: Row) -> Row:
    """Give the former values of what changed: nested objects by their fields, lists whole."""
    previous: Row = {}
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and old.get("object") != "list":
            previous[name] = differences(old, new)
        else:
            previous[name] = copied(old)
    return previous


def too_long(value: str | None, limit: int, param: str) -> None:
    """Refuse text that is longer than Stripe keeps."""
    if value is not None and len(value) > limit:
        raise StripeError(
            400,
            f"Invalid string: {value[:8]}...{value[-4:]}; must be at most {limit} characters",
            param=param,
            saved=False,
        )

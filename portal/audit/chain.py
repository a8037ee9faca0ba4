"""The chain of a company's audit trail: each entry's hash is over the one before, and itself.

The key of the hashes comes of the portal's secret, so that the database alone forges none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from portal.database import is_sqlite
from portal.sealing import sign_in_hex

START = ""
"""What the first entry of a chain follows."""

_PURPOSE = "audit chain"
_SEALED = ("company", "id", "actor", "action", "object_id", "fields", "request_id")

Entry = Mapping[str, Any]


def columns() -> str:
    """Return what is read of an entry; of SQLite the time as it is stored: any text."""
    at = "CAST(at AS text) AS at" if is_sqlite() else "at"
    return f"{', '.join(_SEALED)}, {at}, number, hash"


def hash_of(entry: Entry, before: str) -> str:
    """Return the hash of an entry that follows one of this hash."""
    at = entry["at"]
    moment = at.astimezone(UTC).isoformat() if isinstance(at, datetime) else at
    told = [before, *(entry[name] for name in _SEALED), moment]
    return sign_in_hex(json.dumps(told), _PURPOSE)


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain is broken first. Of what is missing, `last` is the last number in a row."""

    how: Literal["changed", "inserted", "missing"]
    number: int
    last: int
    entry: Entry


class Follower:
    """Goes along a chain, entry by entry in their order, until it breaks."""

    def __init__(self) -> None:
        self.number = 0
        self.head = START
        self._doubtful: Entry | None = None

    def follow(self, entry: Entry) -> Fault | None:
        """Take the next entry; tell what is wrong with the chain up to it."""
        if self._doubtful is not None:
            return self._judge(self._doubtful, entry)
        number, due = entry["number"], self.number + 1
        if number > due:
            return Fault("missing", due, number - 1, entry)
        if number < due:
            return Fault("inserted", number, number, entry)
        if hash_of(entry, self.head) != entry["hash"]:
            # What comes next tells whether it was changed, or does not belong here at all.
            self._doubtful = entry
            return None
        self.number, self.head = number, entry["hash"]
        return None

    def end(self) -> Fault | None:
        """Tell what is wrong with the last entry, after which there is none."""
        return self._judge(self._doubtful, None) if self._doubtful is not None else None

    def _judge(self, entry: Entry, following: Entry | None) -> Fault:
        is_strange = following is not None and hash_of(following, self.head) == following["hash"]
        return Fault(
            "inserted" if is_strange else "changed", entry["number"], entry["number"], entry
        )

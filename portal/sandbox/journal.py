"""What rows were before their first change, so that changes can be taken back."""

from __future__ import annotations

from typing import Any

from portal.sandbox.rows import Row, decoded, encoded

Rows = dict[str, dict[str, Row]]
"""By kind and id."""


class Journal:
    """One transaction's former rows, as text until they are needed, and former orders."""

    def __init__(self) -> None:
        self.changed: dict[tuple[str, str], bytes | None] = {}
        """By kind and id; None: there was no such row."""
        self._orders: dict[str, list[str]] = {}

    def remember(self, kind: str, id: str, row: Row | None) -> None:
        """Take down a row before it changes, the first time it does."""
        if (kind, id) not in self.changed:
            self.changed[kind, id] = None if row is None else encoded(row)

    def remember_order(self, kind: str, ids: dict[str, Any]) -> None:
        """Take down a kind's order before a row of it goes, the first time one does."""
        if kind not in self._orders:
            self._orders[kind] = list(ids)

    def undo(self, rows: Rows) -> None:
        """Make the rows what they were, in the order they had."""
        for (kind, id), before in self.changed.items():
            if before is None:
                rows.setdefault(kind, {}).pop(id, None)
            else:
                rows[kind][id] = decoded(before)
        for kind, order in self._orders.items():
            rows[kind] = {id: rows[kind][id] for id in order if id in rows[kind]}

"""Customers by e-mail address, so that a look-up need not go through all of them."""

from __future__ import annotations

from typing import Any


class Emails:
    """Which customers have which address, kept up to date at each commit."""

    def __init__(self) -> None:
        self._ids: dict[str, set[str]] = {}
        self._email: dict[str, str] = {}
        self._order: dict[str, int] = {}

    def note(self, id: str, row: dict[str, Any] | None) -> None:
        """Take down a customer's address as it now is."""
        self._order.setdefault(id, len(self._order))
        if before := self._email.pop(id, None):
            self._ids[before].discard(id)
        if email := (row or {}).get("email"):
            self._email[id] = email
            self._ids.setdefault(email, set()).add(id)

    def ids(self, email: str) -> list[str]:
        """Give the customers with exactly this address, the oldest first."""
        return sorted(self._ids.get(email, ()), key=self._order.__getitem__)

"""An account's deliveries still to be made, in their order, and which events have got through."""

from __future__ import annotations

import heapq
import random
from collections import deque
from typing import Any

AS_USUAL: dict[str, Any] = {
    "paused": False,
    "senders": 8,
    "tries": None,
    "drop": 0.0,
    "duplicate": 0.0,
    "shuffle": False,
    "delay": 0.0,
    "spread": 0.0,
    "signature": "right",
    "not_generated": 0.0,
    "seed": None,
}
"""How an account's webhooks are delivered until told otherwise."""


class Outbox:
    """What waits to be delivered, kept up to date at each commit."""

    def __init__(self) -> None:
        self.waiting: dict[str, float] = {}
        """Deliveries not yet done, and when each is due next, in the account's time."""
        self.dice = random.Random()
        self._later: list[tuple[float, int, str]] = []
        self._due: deque[str] = deque()
        self._noted = 0
        self._got: dict[str, dict[str, bool]] = {}

    def note(self, id: str, row: dict[str, Any] | None) -> None:
        """Take down how a delivery now stands."""
        if row is None:
            self.waiting.pop(id, None)
            return
        endpoints = self._got.setdefault(row["event"], {})
        endpoints[row["endpoint"]] = (
            endpoints.get(row["endpoint"], False) or row["state"] == "delivered"
        )
        if row["state"] != "pending":
            self.waiting.pop(id, None)
        elif self.waiting.get(id) != row["next_at"]:
            self.waiting[id] = row["next_at"]
            self._noted += 1
            heapq.heappush(self._later, (row["next_at"], self._noted, id))

    def owing(self, event: str) -> int:
        """Tell how many endpoints have not got an event that they asked for."""
        return sum(not got for got in self._got.get(event, {}).values())

    def take(self, now: float, *, is_shuffled: bool) -> str | None:
        """Give the next delivery that is due, or any of them; None: there is none."""
        while self._later and self._later[0][0] <= now:
            next_at, _, id = heapq.heappop(self._later)
            if self.waiting.get(id) == next_at:
                self._due.append(id)
        if not self._due:
            return None
        if is_shuffled:
            position = self.dice.randrange(len(self._due))
            self._due[0], self._due[position] = self._due[position], self._due[0]
        return self._due.popleft()

    def next_at(self) -> float | None:
        """Tell when the next delivery falls due, of those that are not yet."""
        return self._later[0][0] if self._later else None

"""What happens by itself when its time has come: trials end, periods renew, drafts become final,
and what a fault has put off takes effect.
"""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING

from portal.sandbox import checkout_rows, clock_course, late
from portal.sandbox.account import Account
from portal.sandbox.course import DUES, act, next_moment
from portal.sandbox.rows import Change, Row

if TYPE_CHECKING:
    from portal.sandbox.world import Sandbox

_KINDS = (*DUES, late.KIND, checkout_rows.KIND, clock_course.KIND)
"""In the order in which they act at one moment."""
EVERY_S = 0.5


class Agenda:
    """Per account, what is due next. Rows on a test clock wait for that clock instead."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._entries: dict[str, list[tuple[float, int, str]]] = {}

    async def run(self) -> None:
        """Keep every account up to its time, until cancelled."""
        while True:
            for account in list(self._sandbox.accounts.values()):
                self.run_due(account)
            await asyncio.sleep(EVERY_S)

    def note(self, account: Account, changes: list[Change]) -> None:
        """Take down when the changed rows are due next."""
        for kind, id, row in changes:
            if kind not in _KINDS or row is None or row.get("test_clock"):
                continue
            moment = _moment(kind, row)
            if moment is not None:
                entry = (moment, _KINDS.index(kind), id)
                heapq.heappush(self._entries.setdefault(account.id, []), entry)

    def run_due(self, account: Account) -> None:
        """Do everything whose time has come, in order, each as of its own moment."""
        entries = self._entries.get(account.id, [])
        while entries and entries[0][0] <= account.exact_time():
            noted, position, id = heapq.heappop(entries)
            kind = _KINDS[position]
            row = account.get(kind, id)
            if row is None or _moment(kind, row) != noted:
                continue
            if kind in _BY_THEMSELVES:
                _BY_THEMSELVES[kind](account, row)
                continue
            with account.transaction(), account.at(int(noted)):
                if kind == checkout_rows.KIND:
                    checkout_rows.expire(account, row)
                else:
                    act(account, row)

    def forget(self, account: Account) -> None:
        """Drop an account's entries."""
        self._entries.pop(account.id, None)


_BY_THEMSELVES = {late.KIND: late.happen, clock_course.KIND: clock_course.arrive}
"""What makes its own transactions."""


def _moment(kind: str, row: Row) -> float | None:
    if kind == late.KIND:
        return float(row["due"])
    if kind == clock_course.KIND:
        return clock_course.is_ready_at(row)
    return checkout_rows.is_due(row) if kind == checkout_rows.KIND else next_moment(row)

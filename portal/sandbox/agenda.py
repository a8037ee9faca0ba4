"""What happens by itself when its time has come: trials end, periods renew, drafts become final,
and what a fault has put off takes effect.
"""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING

from portal.sandbox import checkout_rows, late
from portal.sandbox.account import Account, Change, Row
from portal.sandbox.renewals import act, next_moment

if TYPE_CHECKING:
    from portal.sandbox.world import Sandbox

_KINDS = ("subscription", "invoice", late.KIND, checkout_rows.KIND)
EVERY_S = 0.5


class Agenda:
    """Per account, what is due next. Rows on a test clock wait for that clock instead."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._entries: dict[str, list[tuple[float, str, str]]] = {}

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
                heapq.heappush(self._entries.setdefault(account.id, []), (moment, kind, id))

    def run_due(self, account: Account) -> None:
        """Do everything whose time has come, in order, each as of its own moment."""
        entries = self._entries.get(account.id, [])
        while entries and entries[0][0] <= account.exact_time():
            noted, kind, id = heapq.heappop(entries)
            row = account.get(kind, id)
            if row is None or _moment(kind, row) != noted:
                continue
            if kind == late.KIND:
                late.happen(account, row)
                continue
            with account.transaction(), account.at(int(noted)):
                if kind == checkout_rows.KIND:
                    checkout_rows.expire(account, row)
                else:
                    act(account, kind, row)

    def forget(self, account: Account) -> None:
        """Drop an account's entries."""
        self._entries.pop(account.id, None)


def _moment(kind: str, row: Row) -> float | None:
    if kind == late.KIND:
        return float(row["due"])
    return checkout_rows.is_due(row) if kind == checkout_rows.KIND else next_moment(row)

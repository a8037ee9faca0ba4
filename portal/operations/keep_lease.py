"""Keep the lease of an operation whose step takes long.

Decided in docs/decisions/0038-a-lease-lasts-as-long-as-its-step.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context

from portal import clock
from portal.database import run_sql
from portal.errors import DatabaseBusy
from portal.operations.claim import LEASE
from portal.operations.step import Claimed

EVERY_S = LEASE.total_seconds() / 3
_TIMES = 30
"""What takes longer than that hangs: then another may try it."""

log = logging.getLogger(__name__)


async def extend(op: Claimed) -> bool:
    """Have a lease last on from now; False when it ran out, or somebody else has it by now."""
    now = clock.now()
    rows = await run_sql(
        "UPDATE operation SET lease_until = {} WHERE id = {} AND lease_token = {}"
        " AND state = 'ready' AND lease_until >= {} RETURNING id",
        *(now + LEASE, op.id, op.lease_token, now),
    )
    return bool(rows)


@asynccontextmanager
async def kept(op: Claimed) -> AsyncIterator[None]:
    """Keep the lease while this block runs; one that is short costs no statement."""
    keeper = _Keeper(op)
    keeper.wait()
    try:
        yield
    finally:
        await keeper.end()


class _Keeper:
    """Extends one lease from time to time, a statement for each operation.

    One for all of them would lock several rows, in another order than those who end them.
    """

    def __init__(self, op: Claimed) -> None:
        self._op, self._left = op, _TIMES
        self._timer: asyncio.TimerHandle | None = None
        self._extending: asyncio.Task[None] | None = None

    def wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(EVERY_S, self._begin)

    async def end(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._left = 0
        if self._extending:
            await asyncio.wait([self._extending])

    def _begin(self) -> None:
        self._extending = asyncio.get_running_loop().create_task(self._extend(), context=Context())

    async def _extend(self) -> None:
        self._left -= 1
        try:
            is_ours = await extend(self._op)
        except DatabaseBusy as busy:
            log.warning("operation.lease_not_kept op=%s: %s", self._op.op_id, busy)
            is_ours = True
        if is_ours and self._left > 0:
            self.wait()

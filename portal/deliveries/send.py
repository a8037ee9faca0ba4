"""The courier: it brings to sellers' endpoints what is due, beside the worker's own loop.

Each endpoint has two tries under way at most, and one once it has been late three times in a row;
all that are late have half of the room together. So who hangs holds up nobody but itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Collection
from contextvars import Context
from functools import partial

from portal import clock
from portal.database import transaction
from portal.database.persistently import persistently
from portal.deliveries.claim import Delivery, claim, due_endpoints, release, save
from portal.deliveries.guard import problem_of
from portal.deliveries.listeners import is_there_any
from portal.deliveries.signature import signed_headers
from portal.deliveries.wire import UNSENDABLE, Answer, Wire
from portal.errors import DatabaseBusy
from portal.operations.wake import WORK, News, listening
from portal.settings import settings

AT_ONCE = 16
"""Tries under way together in one process."""
_OF_ONE = 2
_LATE = 3
_LOOK_EVERY_S = 1.0
# However often it is woken.
_PAUSE_S = 0.02
_AFTER_ERROR_S = 1.0
# While the lease lasts: what cannot be saved is sent once more after it.
_SAVE_PAUSES_S = (0.1, 0.5, 2.0, 5.0)

log = logging.getLogger(__name__)


class Courier:
    """One process's courier: up to AT_ONCE tries under way together."""

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()
        self._is_stopping = False
        self._loop: asyncio.Task[None] | None = None
        self._news: News | None = None
        self._under_way: dict[asyncio.Task[None], Delivery] = {}
        # How often each endpoint used our patience up, in a row.
        self._late: Counter[str] = Counter()

    async def start(self) -> None:
        """Begin to deliver, beside whoever calls."""
        self._is_stopping = False
        self._loop = asyncio.create_task(self._keep_going(), context=Context())

    async def stop(self, patience_s: float) -> None:
        """Take nothing more, let what is under way end, and give back the leases of the rest."""
        self._is_stopping = True
        until = time.monotonic() + patience_s
        if self._news:
            self._news.told()
        if self._loop:
            await _end([self._loop], until)
            self._loop = None
        late = dict(self._under_way)
        for task in await _end(late, until):
            await _give_back(late[task])
        await self._wire.close()

    async def run_until_idle(self) -> None:
        """Deliver until nothing is due: for tests."""
        while await self._round() or self._under_way:
            if self._under_way:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)

    async def _keep_going(self) -> None:
        with listening(WORK) as self._news:
            while not self._is_stopping:
                # A context of its own: a round that dies takes nothing along.
                await asyncio.create_task(self._safe_round(), context=Context())
                await asyncio.sleep(_PAUSE_S)
                await self._news.heard(_LOOK_EVERY_S)

    async def _safe_round(self) -> None:
        try:
            await self._round()
        except DatabaseBusy as busy:
            log.warning("courier.database_busy %s", busy)
            await asyncio.sleep(_AFTER_ERROR_S)
        except Exception:
            log.exception("courier.round_failed")
            await asyncio.sleep(_AFTER_ERROR_S)

    async def _round(self) -> int:
        """Take what there is room for, and begin it; tell how much that was."""
        if len(self._under_way) >= AT_ONCE or not await is_there_any():
            return 0
        begun = 0
        due = await due_endpoints()
        for endpoint in sorted(due, key=self._number_of):
            if (room := self._room_of(endpoint)) > 0:
                begun += await self._begin_some(endpoint, room)
        return begun

    async def _begin_some(self, endpoint: str, room: int) -> int:
        """Take what is due for one endpoint; one that cannot be read stops none of the others."""
        try:
            claimed = await claim(endpoint, room)
        except DatabaseBusy:
            raise
        except Exception:
            log.exception("courier.claim_failed endpoint=%s", endpoint)
            return 0
        for delivery in claimed:
            self._begin(delivery)
        return len(claimed)

    def _room_of(self, endpoint: str) -> int:
        """Return how many more tries of an endpoint may begin."""
        room = AT_ONCE - len(self._under_way)
        late = self._late[endpoint]
        if late:
            taken = sum(self._late[one.endpoint] > 0 for one in self._under_way.values())
            room = min(room, AT_ONCE // 2 - taken)
        return min(room, (1 if late >= _LATE else _OF_ONE) - self._number_of(endpoint))

    def _number_of(self, endpoint: str) -> int:
        return sum(one.endpoint == endpoint for one in self._under_way.values())

    def _begin(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._deliver(delivery), context=Context())
        self._under_way[task] = delivery
        task.add_done_callback(self._ended)

    async def _deliver(self, delivery: Delivery) -> None:
        """Sign it, send it, and write down what came of it.

        Whoever dies in between has it sent again, under the same id, once the lease is over.
        """
        answer = await self._try(delivery)
        if answer.is_late:
            self._late[delivery.endpoint] += 1
        else:
            del self._late[delivery.endpoint]
        await persistently(partial(save, delivery, answer), _SAVE_PAUSES_S)

    async def _try(self, delivery: Delivery) -> Answer:
        # Once more: the settings may have changed since it was declared.
        if problem := problem_of(delivery.url, settings().private_hosts):
            return Answer(None, 0, problem.code)
        if not delivery.secrets:
            return Answer(None, 0, UNSENDABLE)
        try:
            headers = signed_headers(delivery.message, clock.now(), delivery.body, delivery.secrets)
            return await self._wire.post(delivery.url, delivery.body, headers)
        except Exception:
            # It fails as any other does, by the schedule: else it would be begun for ever.
            log.exception("courier.unsendable delivery=%s", delivery.id)
            return Answer(None, 0, UNSENDABLE)

    def _ended(self, task: asyncio.Task[None]) -> None:
        delivery = self._under_way.pop(task)
        if not task.cancelled() and task.exception():
            log.error("courier.unsaved delivery=%s", delivery.id, exc_info=task.exception())
        if self._news:
            self._news.told()


async def _end(tasks: Collection[asyncio.Task[None]], until: float) -> list[asyncio.Task[None]]:
    """Wait for tasks to end; break off those that do not in time, and return them."""
    if tasks:
        await asyncio.wait(tasks, timeout=max(0.0, until - time.monotonic()))
    broken_off = [task for task in tasks if not task.done()]
    for task in broken_off:
        task.cancel()
    if broken_off:
        await asyncio.wait(broken_off)
    return broken_off


async def _give_back(delivery: Delivery) -> None:
    try:
        async with transaction():
            await release(delivery)
    except DatabaseBusy:
        log.warning("courier.lease_kept delivery=%s: it runs out by itself", delivery.id)

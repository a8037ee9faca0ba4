"""The loop that does what we owe: claim, run, save. Every process may run one."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Coroutine
from contextvars import Context
from typing import Any

from portal.billing.gateway import companies_answered_again, held_companies
from portal.billing.inbox import ClaimedObject, claim_events, is_any_event_due
from portal.billing.inbox import release as release_event
from portal.database import transaction
from portal.deliveries.send import Courier
from portal.errors import DatabaseBusy
from portal.ids import new_id
from portal.operations.carry_out import carry_out
from portal.operations.claim import Lanes, bring_forward, claim, is_any_due
from portal.operations.head_start import close_workplace, open_workplace
from portal.operations.places import claim_at_stripe, free_at_stripe
from portal.operations.save import release
from portal.operations.step import Claimed
from portal.operations.wake import WORK, listening, wake
from portal.steps import STEPS
from portal.subscriptions.heard import handle
from portal.upkeep import Upkeep

AT_ONCE = 88
"""Operations and events under way together, of which those at Stripe leave some room to others."""
PATIENCE_S, STALE_S = 20.0, 30.0
_LOOK_EVERY_S = 0.5
_AFTER_ERROR_S = 1.0

log = logging.getLogger(__name__)


class Worker:
    """One process's worker: up to AT_ONCE operations and events under way together."""

    def __init__(self) -> None:
        self.last_round_at = time.monotonic()
        self._is_stopping = False
        self._begun = 0
        self._loop: asyncio.Task[None] | None = None
        self._upkeep = Upkeep()
        self._courier = Courier()
        self._under_way: dict[asyncio.Task[None], Claimed | ClaimedObject] = {}

    @property
    def is_alive(self) -> bool:
        """Tell whether a round has ended lately: what readiness asks."""
        return time.monotonic() - self.last_round_at < STALE_S

    async def start(self) -> None:
        """Begin to work, beside whoever calls."""
        self._is_stopping = False
        self._loop = asyncio.create_task(self._keep_going(), context=Context())
        await self._courier.start()
        open_workplace(self)

    async def stop(self, patience_s: float = PATIENCE_S) -> None:
        """Claim nothing more, let what is under way end, and give back the leases of the rest."""
        self._is_stopping = True
        close_workplace(self)
        wake()
        until = time.monotonic() + patience_s
        # Beside the rest: both have the same time.
        delivering = asyncio.create_task(self._courier.stop(patience_s), context=Context())
        await self._upkeep.stop()
        if self._loop:
            await _end([self._loop], until)
            self._loop = None
            await self._upkeep.say_goodbye()
        late = dict(self._under_way)
        await _end(late, until)
        await delivering
        for task, taken in late.items():
            if task.cancelled():
                await _give_back(taken)

    async def run_until_idle(self) -> None:
        """Work until nothing is due: for tests, and for commands that end."""
        self._is_stopping = False
        is_idle = False
        while not is_idle:
            # What ends while a round looks may owe what that round no longer sees.
            was_idle, begun = not self._under_way, self._begun
            await self._round()
            is_idle = was_idle and begun == self._begun
            if self._under_way:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)

    async def _keep_going(self) -> None:
        with listening(WORK) as news:
            while not self._is_stopping:
                # A task and a context of its own: a round that dies takes nothing along.
                is_full = await asyncio.create_task(self._safe_round(), context=Context())
                self.last_round_at = time.monotonic()
                if not is_full:
                    await news.heard(_LOOK_EVERY_S)

    async def _safe_round(self) -> bool:
        """Run a round, whatever happens; True when there may be more to claim at once."""
        try:
            await self._upkeep.do_what_is_due()
            return await self._round() >= AT_ONCE
        except DatabaseBusy as busy:
            log.warning("worker.database_busy %s", busy)
        except Exception:
            log.exception("worker.round_failed")
        await asyncio.sleep(_AFTER_ERROR_S)
        return False

    async def _round(self) -> int:
        """Claim what there is room for, and start it; tell how much is under way by then."""
        if len(self._under_way) >= AT_ONCE:
            await asyncio.wait(
                self._under_way, timeout=_LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED
            )
        for company in companies_answered_again():
            await bring_forward(company)
        token = new_id("lease")
        await self._claim_others(token)
        room, there = self._room_at_stripe(), self._at_stripe()
        for op in await claim_at_stripe(room, token, there, held_companies()):
            self.begin(op)
        if (room := self._room()) > 0 and await is_any_event_due():
            for event in await claim_events(room, token):
                self._start(handle(event), event)
        return len(self._under_way)

    async def _claim_others(self, token: str) -> None:
        if (room := self._room()) > 0 and await is_any_due(Lanes.OTHERS):
            for op in await claim(room, token, Lanes.OTHERS):
                self.begin(op)

    def _room(self) -> int:
        return AT_ONCE - len(self._under_way)

    def _room_at_stripe(self) -> int:
        return min(self._room(), free_at_stripe(self._at_stripe()))

    def _at_stripe(self) -> list[Claimed]:
        taken = self._under_way.values()
        return [each for each in taken if isinstance(each, Claimed) and each.is_at_stripe]

    def has_room(self, company: str) -> bool:
        """Tell whether one more operation of this company could begin at Stripe now."""
        return self._room_at_stripe() > 0 and company not in held_companies()

    def begin(self, op: Claimed) -> None:
        """Run an operation whose lease is held, beside the others."""
        self._start(self._run(op), op)

    async def _run(self, op: Claimed) -> None:
        following = await carry_out(op, STEPS, goes_on=lambda: not self._is_stopping)
        if following:
            self.begin(following)

    def _start(self, work: Coroutine[Any, Any, None], taken: Claimed | ClaimedObject) -> None:
        task = asyncio.create_task(work, context=Context())
        self._begun += 1
        self._under_way[task] = taken
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        was_full = self._room_at_stripe() <= 0
        del self._under_way[task]
        if not task.cancelled() and task.exception():
            log.error("worker.unsaved: the lease will end", exc_info=task.exception())
        if was_full:
            wake()


async def _end(tasks: Collection[asyncio.Task[None]], until: float) -> None:
    """Wait for tasks to end; cancel those that do not in time."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=max(0.0, until - time.monotonic()))
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late)


async def _give_back(taken: Claimed | ClaimedObject) -> None:
    try:
        async with transaction():
            await (release(taken) if isinstance(taken, Claimed) else release_event(taken))
    except DatabaseBusy:
        log.warning("worker.lease_kept lease=%s: it runs out by itself", taken.lease_token)

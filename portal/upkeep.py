"""What a worker does from time to time, beside what is owed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context

from portal.access.repeats import forget_repeats
from portal.access.sweep import forget_expired
from portal.audit.origin import forget_origins
from portal.audit.seal import Head, seal_entries
from portal.billing.forget import forget_old_events
from portal.billing.gateway import share_calls
from portal.billing.inbox import bring_back_events
from portal.billing.keys import check_keys
from portal.deliveries.log import forget_deliveries
from portal.errors import DatabaseBusy
from portal.ids import new_id
from portal.onboarding.unfinished import tell_of_unfinished
from portal.operations.claim import bring_back
from portal.operations.crew import BEAT_S, say_alive, say_goodbye
from portal.operations.forget import forget_ended
from portal.privacy.delete import delete_what_stands
from portal.privacy.erase import erase_what_is_due
from portal.privacy.remove import remove_abandoned
from portal.reconciliation.schedule import Sweeps
from portal.subscriptions.declarations import forget_declarations
from portal.subscriptions.reminders import owe_reminders

_NEWCOMERS_PART = 5
"""A process that the others do not count yet calls Stripe this many times less than its share."""
_MEND_EVERY_S = 60.0
_ERASE_EVERY_S = 60.0
_FORGET_EVERY_S = 3600.0
# Of what piles up, so many rows at a time: nobody has to wait for it.
_FORGET_SOME_EVERY_S = 60.0
_SEAL_EVERY_S = 5.0
_REMIND_AFTER_S = 20.0
_REMIND_EVERY_S = 600.0
_REMOVE_AFTER_S = 120.0
_REMOVE_EVERY_S = 600.0

log = logging.getLogger(__name__)


class Upkeep:
    """One worker's clock for all that is done again and again.

    It says that the worker lives, seals the audit trail, mends what a wrong clock wrote, forgets
    what ran out, erases who asked for it and who left a sign-up long ago, has Stripe delete whom it
    refused to, reminds customers of what is ahead, tells sellers of sign-ups that were not
    finished, looks once at each company's key, and has the sweeps compare with Stripe, beside
    everything else.
    """

    def __init__(self) -> None:
        self._worker, self._sweeps, now = new_id("work"), Sweeps(), time.monotonic()
        self._is_counted = False
        self._sealed: dict[str, Head] = {}
        self._keys: asyncio.Task[None] | None = None
        self._due: dict[Callable[[], Awaitable[None]], tuple[float, float]] = {
            self._say_alive: (now, BEAT_S),
            self._seal: (now + _SEAL_EVERY_S, _SEAL_EVERY_S),
            _mend: (now, _MEND_EVERY_S),
            erase_what_is_due: (now, _ERASE_EVERY_S),
            _forget: (now + _FORGET_EVERY_S, _FORGET_EVERY_S),
            owe_reminders: (now + _REMIND_AFTER_S, _REMIND_EVERY_S),
            tell_of_unfinished: (now + _REMIND_AFTER_S, _REMIND_EVERY_S),
            remove_abandoned: (now + _REMOVE_AFTER_S, _REMOVE_EVERY_S),
            delete_what_stands: (now + _REMOVE_AFTER_S, _REMOVE_EVERY_S),
            _forget_some: (now + _FORGET_SOME_EVERY_S, _FORGET_SOME_EVERY_S),
        }

    async def do_what_is_due(self) -> None:
        """Do what the time has come for."""
        self._sweeps.begin_what_is_due()
        self._keys = self._keys or asyncio.create_task(_look_at_keys(), context=Context())
        for task, (at, every_s) in self._due.items():
            if (now := time.monotonic()) >= at:
                self._due[task] = now + every_s, every_s
                await _safely(task)

    async def stop(self) -> None:
        """End the sweeps that are under way, and the look at the keys."""
        await self._sweeps.stop()
        looking, self._keys = self._keys, None
        if looking:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def say_goodbye(self) -> None:
        """Tell the other workers that this one ends."""
        with suppress(DatabaseBusy):
            await say_goodbye(self._worker)

    async def _say_alive(self) -> None:
        alive = await say_alive(self._worker)
        # The others count a newcomer at their next beat; until its own, it leaves most to them.
        is_newcomer, self._is_counted = not self._is_counted and alive > 1, True
        share_calls(alive * _NEWCOMERS_PART if is_newcomer else alive)

    async def _seal(self) -> None:
        await seal_entries(self._sealed)


async def _safely(task: Callable[[], Awaitable[None]]) -> None:
    """Do it; what fails comes again in its time, and what else is due goes on now."""
    try:
        await task()
    except DatabaseBusy:
        raise
    except Exception:
        log.exception("upkeep.failed task=%s", getattr(task, "__name__", task))


async def _look_at_keys() -> None:
    try:
        await check_keys()
    except Exception:
        log.exception("stripe_key.check_failed")


async def _mend() -> None:
    await bring_back()
    await bring_back_events()


async def _forget() -> None:
    await forget_expired()
    await forget_declarations()
    await forget_repeats()
    await forget_origins()


async def _forget_some() -> None:
    await forget_ended()
    await forget_old_events()
    await forget_deliveries()

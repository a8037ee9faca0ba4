"""Deliver events to webhook endpoints: signed, repeated with backoff, and wrongly when told to."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from portal.sandbox.account import Account
from portal.sandbox.rows import Row
from portal.sandbox.signing import signature_header
from portal.sandbox.views import shown

if TYPE_CHECKING:
    import aiohttp

    from portal.sandbox.world import Sandbox

PAUSES_S = (1, 10, 3600)
"""Pauses before each next attempt in test mode, in the account's time; three, as Stripe has."""
LIVE_PAUSES_S = (1, 5, 30, 300, 1800, *(3600 for _ in range(71)))
"""Pauses in live mode, for three days."""
TIMEOUT_S = 20.0


class Courier:
    """Carries deliveries that are due, a few at once."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._due = asyncio.Event()
        self._busy: dict[str, Account] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending: Counter[str] = Counter()

    def wake(self, account: Account) -> None:
        """Look for an account's due deliveries at once."""
        self._busy[account.id] = account
        self._due.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            try:
                while True:
                    self._due.clear()
                    pause = self._start_due(session)
                    try:
                        await asyncio.wait_for(self._due.wait(), pause)
                    except TimeoutError:
                        continue
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start_due(self, session: aiohttp.ClientSession) -> float:
        """Start what is due; tell how many seconds may pass before looking again."""
        pauses = [60.0]
        for account in list(self._busy.values()):
            settings = account.settings()["webhooks"]
            if not account.outbox.waiting:
                del self._busy[account.id]
            elif not settings["paused"]:
                self._start_due_of(account, settings, session)
                next_at = account.outbox.next_at()
                pauses.append(60.0 if next_at is None else next_at - account.exact_time())
        return max(0.01, min(pauses))

    def _start_due_of(
        self, account: Account, settings: Row, session: aiohttp.ClientSession
    ) -> None:
        while self._sending[account.id] < settings["senders"]:
            id = account.outbox.take(account.exact_time(), is_shuffled=settings["shuffle"])
            if id is None:
                return
            self._sending[account.id] += 1
            task = asyncio.create_task(self._send(account, id, session))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, account: Account, id: str, session: aiohttp.ClientSession) -> None:
        try:
            await _deliver(account, id, session)
        finally:
            self._sending[account.id] -= 1
            self.wake(account)


async def _deliver(account: Account, id: str, session: aiohttp.ClientSession) -> None:
    row = account.get("_delivery", id)
    if row is None:
        return
    endpoint = account.get("webhook_endpoint", row["endpoint"])
    event = account.get("event", row["event"])
    if endpoint is None or event is None or endpoint["status"] != "enabled":
        _note(account, id, state="failed", last_error="The endpoint is gone or disabled.")
        return
    settings = account.settings()["webhooks"]
    dice = _dice(settings["seed"], row)
    if dice.random() < settings["drop"]:
        _note(account, id, state="dropped", last_error="Dropped, as the settings say.")
        return
    times = 2 if dice.random() < settings["duplicate"] else 1
    status, error = 0, None
    for _ in range(times):
        how = row["signature"] or settings["signature"]
        status, error = await _post(session, endpoint, *_letter(account, endpoint, event, how))
    _settle(account, id, status, error)


def _dice(seed: Any, row: Row) -> random.Random:
    """Give the chance of one attempt: with a seed it is the same for the same delivery."""
    return random.Random(f"{seed} {row['number']} {row['attempts']}" if seed is not None else None)


def _letter(account: Account, endpoint: Row, event: Row, how: str) -> tuple[bytes, dict[str, str]]:
    payload = msgspec.json.format(msgspec.json.encode(shown(account, event)), indent=2)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    now, at = account.account_time(), int(time.time())
    return payload, headers | signature_header(how, payload, endpoint, now, at)


async def _post(
    session: aiohttp.ClientSession, endpoint: Row, payload: bytes, headers: dict[str, str]
) -> tuple[int, str | None]:
    import aiohttp

    try:
        async with session.post(
            endpoint["url"], data=payload, headers=headers, allow_redirects=False
        ) as reply:
            await reply.read()
            return reply.status, None
    except (aiohttp.ClientError, TimeoutError, OSError) as problem:
        return 0, f"{type(problem).__name__}: {problem}"


def _settle(account: Account, id: str, status: int, error: str | None) -> None:
    row = account.get("_delivery", id)
    if row is None:
        return
    attempts = row["attempts"] + 1
    news: dict[str, Any] = {
        "attempts": attempts,
        "last_status": status or None,
        "last_error": error,
    }
    pause = _pause(account, attempts)
    if 200 <= status < 300:
        news["state"] = "delivered"
    elif pause is None:
        news["state"] = "failed"
    else:
        news["next_at"] = account.exact_time() + pause
    _note(account, id, **news)


def _pause(account: Account, attempts: int) -> int | None:
    """Tell how long to wait after so many attempts; None: that was the last."""
    pauses = LIVE_PAUSES_S if account.livemode else PAUSES_S
    tries = account.settings()["webhooks"]["tries"] or len(pauses) + 1
    return pauses[min(attempts, len(pauses)) - 1] if attempts < tries else None


def _note(account: Account, id: str, **news: Any) -> None:
    if account.get("_delivery", id) is None:
        return
    with account.transaction():
        row = account.edit("_delivery", id)
        row |= news

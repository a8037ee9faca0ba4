"""Deliver events to webhook endpoints: signed, repeated with backoff, and wrongly when told to."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import random
import time
from typing import TYPE_CHECKING, Any

from portal.sandbox.account import Account, Row

if TYPE_CHECKING:
    import aiohttp

    from portal.sandbox.world import Sandbox

PAUSES_S = (1, 5, 30, 300, 1800)
"""Pauses before the next attempts; then hourly, for three days."""
GIVE_UP_AFTER_S = 3 * 24 * 3600
AT_ONCE = 8
TIMEOUT_S = 20.0


class Courier:
    """Carries deliveries that are due, a few at once."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._due = asyncio.Event()
        self._dice = random.Random()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Look for due deliveries at once."""
        self._due.set()

    def seed(self, seed: int | None) -> None:
        """Make drops, duplicates and shuffles repeatable."""
        self._dice = random.Random(seed)

    async def run(self) -> None:
        """Deliver until cancelled."""
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            try:
                while True:
                    self._due.clear()
                    pause = self._start_due(session)
                    try:
                        await asyncio.wait_for(self._due.wait(), pause)
                    except TimeoutError:
                        continue
            finally:
                for task in self._under_way.values():
                    task.cancel()
                await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _start_due(self, session: aiohttp.ClientSession) -> float:
        """Start what is due; tell how many seconds may pass before looking again."""
        next_at = time.time() + 60
        for account in self._sandbox.accounts.values():
            settings = account.settings()["webhooks"]
            if settings["paused"]:
                continue
            waiting = [row for id, row in pending(account).items() if id not in self._under_way]
            if settings["shuffle"]:
                self._dice.shuffle(waiting)
            for row in waiting:
                if row["next_at"] > time.time():
                    next_at = min(next_at, row["next_at"])
                elif len(self._under_way) < AT_ONCE:
                    self._start(account, row, session)
        return max(0.01, next_at - time.time())

    def _start(self, account: Account, row: Row, session: aiohttp.ClientSession) -> None:
        task = asyncio.create_task(self._deliver(account, row["id"], session))
        self._under_way[row["id"]] = task

        def done(_: asyncio.Task[None]) -> None:
            self._under_way.pop(row["id"], None)
            self.wake()

        task.add_done_callback(done)

    async def _deliver(self, account: Account, id: str, session: aiohttp.ClientSession) -> None:
        row = account.kind("_delivery")[id]
        endpoint = account.get("webhook_endpoint", row["endpoint"])
        event = account.get("event", row["event"])
        if endpoint is None or event is None or endpoint["status"] != "enabled":
            _note(account, id, state="failed", last_error="The endpoint is gone or disabled.")
            return
        settings = account.settings()["webhooks"]
        if self._dice.random() < settings["drop"]:
            _note(account, id, state="dropped", last_error="Dropped, as the settings say.")
            return
        times = 2 if self._dice.random() < settings["duplicate"] else 1
        status, error = 0, None
        for _ in range(times):
            status, error = await _post(session, endpoint, event)
        _settle(account, id, status, error)


async def _post(
    session: aiohttp.ClientSession, endpoint: Row, event: Row
) -> tuple[int, str | None]:
    import aiohttp

    payload = json.dumps(event, indent=2).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(payload, endpoint["_secret"], int(time.time())),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    try:
        async with session.post(
            endpoint["url"], data=payload, headers=headers, allow_redirects=False
        ) as reply:
            await reply.read()
            return reply.status, None
    except (aiohttp.ClientError, TimeoutError, OSError) as problem:
        return 0, f"{type(problem).__name__}: {problem}"


def signature(payload: bytes, secret: str, at: int) -> str:
    """Sign a payload as Stripe does.

    Source: https://docs.stripe.com/webhooks/signature
    """
    signed = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


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
    if 200 <= status < 300:
        news["state"] = "delivered"
    elif time.time() - row["queued_at"] > GIVE_UP_AFTER_S:
        news["state"] = "failed"
    else:
        news["next_at"] = time.time() + (
            PAUSES_S[attempts - 1] if attempts <= len(PAUSES_S) else 3600
        )
    _note(account, id, **news)


def _note(account: Account, id: str, **news: Any) -> None:
    if account.get("_delivery", id) is None:
        return
    with account.transaction():
        row = account.edit("_delivery", id)
        row |= news
        event = account.get("event", row["event"])
        if row["state"] != "pending" and event:
            changed = account.edit("event", event["id"])
            changed["pending_webhooks"] = max(0, changed["pending_webhooks"] - 1)


def pending(account: Account) -> dict[str, Row]:
    """Give the deliveries not yet done."""
    rows = account.kind("_delivery")
    return {id: rows[id] for id in list(account.waiting) if id in rows}

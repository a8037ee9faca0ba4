"""Announce what happened to whoever a seller wants to have told.

The event, as it will be signed and sent, and its deliveries are written in the transaction that
does what they tell of: it is told if and only if it happened. A worker sends them after the commit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary

from portal import clock
from portal.database import engine, run_sql, transaction
from portal.database.transactions import OpenTransaction
from portal.deliveries.endpoint import EndpointIsOff, row_of
from portal.deliveries.event_types import TEST, body_of
from portal.deliveries.listeners import listeners_of
from portal.deliveries.quiet import LOUD, Quiet
from portal.ids import new_id
from portal.operations.wake import wake

Data = Callable[[], Awaitable[Mapping[str, Any]]]

# What the program that asks for all this wants to have left out.
_asked: ContextVar[Quiet] = ContextVar("portal.quiet", default=LOUD)
_CREATED, _UPDATED = "customer.created", "customer.updated"
# What each transaction announced of whom: the type, and the event.
_announced: WeakKeyDictionary[OpenTransaction, dict[str, tuple[str, str]]] = WeakKeyDictionary()

_EVENT = """INSERT INTO webhook_event (id, company, site, type, customer, body, created_at)
 VALUES ({}, {}, {}, {}, {}, {}, {}) ON CONFLICT (id) DO NOTHING RETURNING id"""
# Not to an endpoint that was turned off since we last looked.
_DELIVERY = """INSERT INTO webhook_delivery (id, event, endpoint, replay_of, state, attempts,
 next_at, said, created_at) SELECT {}, {}, id, '', 'waiting', 0, {}, '', {}
 FROM webhook_endpoint WHERE id = {} AND state = 'on'"""


@contextmanager
def quietly(quiet: Quiet) -> Iterator[None]:
    """Leave out of what is announced in this block, in this task, what a program asks to."""
    token = _asked.set(quiet)
    try:
        yield
    finally:
        _asked.reset(token)


async def announce(
    event_type: str,
    *,
    company: str,
    site: str,
    customer: str | None,
    data: Data,
    quiet: Quiet = LOUD,
    once: str | None = None,
) -> None:
    """Tell the endpoints of a storefront, in the transaction that does it; `wake()` after it.

    Costs one look where no endpoint wants to hear of it: `data` is asked only otherwise, and gives
    what JSON can say. That a customer changed is told once in a transaction, as they are in the
    end, and not at all of who comes to be in it. With `once`, a second event of that name is none.
    A customer's events are erased with them: what has to outlive that names no customer here.
    """
    current = engine().current_transaction.get()
    if current is None:
        raise RuntimeError("What is announced has to be written together with what it tells of.")
    is_quiet = quiet.no_webhooks or _asked.get().no_webhooks
    listeners = () if is_quiet else await listeners_of(event_type, company=company, site=site)
    if not listeners:
        return
    now, told = clock.now(), await data()
    if event_type == _UPDATED and await _is_told_already(current, customer, now, told):
        return
    message = _named(f"{site}:{event_type}:{once}") if once else new_id("msg")
    body = body_of(message, event_type, now, told)
    if not await run_sql(_EVENT, message, company, site, event_type, customer, body, now):
        return
    if customer and event_type in (_CREATED, _UPDATED):
        _announced.setdefault(current, {})[customer] = event_type, message
    for listener in listeners:
        await run_sql(_DELIVERY, new_id("dlv"), message, now, now, listener.id)


async def announce_test(
    company: str, endpoint: str, *, made_by: Callable[[str], Awaitable[None]] | None = None
) -> str:
    """Tell one endpoint that it can be reached, whatever it asks for; return the delivery's id.

    `made_by` is told that id in the transaction that writes it.

    Raises:
        NoSuchEndpoint: this company has none by that id.
        EndpointIsOff: nothing is sent there.
    """
    message, delivery, now = new_id("msg"), new_id("dlv"), clock.now()
    body = body_of(message, TEST, now, {"endpoint": endpoint})
    async with transaction():
        row = await row_of(company, endpoint, hold=True)
        if row["state"] != "on":
            raise EndpointIsOff
        await run_sql(_EVENT, message, company, row["site"], TEST, None, body, now)
        await run_sql(_DELIVERY, delivery, message, now, now, endpoint)
        if made_by:
            await made_by(delivery)
    wake()
    return delivery


async def _is_told_already(
    current: OpenTransaction, customer: str | None, now: datetime, told: Mapping[str, Any]
) -> bool:
    """Have what this transaction announced of a customer tell how they are by now."""
    event_type, message = _announced.get(current, {}).get(customer or "", ("", ""))
    if message:
        body = body_of(message, event_type, now, told)
        await run_sql("UPDATE webhook_event SET body = {} WHERE id = {}", body, message)
    return bool(message)


def _named(once: str) -> str:
    return f"msg_{sha256(once.encode()).hexdigest()[:32]}"

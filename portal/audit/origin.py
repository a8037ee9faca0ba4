"""Who was before the program that asks: kept beside the audit's entries, which name nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta

from portal import clock
from portal.database import run_sql

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who was before the program: empty where it did not say."""

    device: str = ""
    user: str = ""
    ip: str = ""


_before: ContextVar[Origin | None] = ContextVar("portal.before", default=None)
_request: ContextVar[str] = ContextVar("portal.request", default="")


@contextmanager
def asked_by(before: Origin, request_id: str) -> Iterator[None]:
    """Have every entry of the audit within this block say which request it came of, and whose."""
    told = _before.set(None if before == Origin() else before)
    named = _request.set(request_id)
    try:
        yield
    finally:
        _before.reset(told)
        _request.reset(named)


def request_now() -> str:
    """Return the id of the request under way; "" outside of one of a program's."""
    return _request.get()


def is_told() -> bool:
    """Tell whether the request under way says who was before it."""
    return _before.get() is not None


async def note_origin(entry: int, customer: str | None) -> None:
    """Keep who was before the program beside an entry, in the transaction that writes it."""
    before = _before.get()
    if before is None:
        return
    await run_sql(
        "INSERT INTO audit_origin (audit_entry, customer, device, user_email, ip, at)"
        " VALUES ({}, {}, {}, {}, {}, {})",
        *(entry, customer, before.device, before.user, before.ip, clock.now()),
    )


async def forget_origins() -> None:
    """Forget who it was a month ago."""
    await run_sql("DELETE FROM audit_origin WHERE at < {}", clock.now() - KEPT)

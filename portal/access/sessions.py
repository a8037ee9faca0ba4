"""Signed-in browsers: a random cookie, of which we keep the fingerprint only."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from piccolo.columns.combination import Where

from portal import clock
from portal.access.tables import Session
from portal.access.user_agent import device_of
from portal.customers.erased import refuse_erased
from portal.customers.tables import Customer
from portal.database import transaction
from portal.sealing import fingerprint

IDLE = timedelta(hours=24)
LONGEST = timedelta(days=30)
RECENT = timedelta(hours=1)
_NOTED_EVERY = timedelta(minutes=1)
_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is behind a session cookie. `id` names the session and opens nothing.

    A session is good for its company only: compare `company` with the site's.
    """

    id: str
    customer: str
    company: str
    site: str
    browser: str
    system: str
    signed_in_at: datetime
    seen_at: datetime
    time_zone: str = ""


async def open_session(
    customer: str, site: str, *, replacing: str | None = None, user_agent: str = ""
) -> str:
    """Sign a customer in at a site and return the value of the cookie: a new one each time.

    `replacing` is the cookie that the browser brought along. It is ended, whosever it was, so
    that no value from before the sign-in, planted or not, is worth anything after it.

    Raises:
        CustomerErased: there is nobody any more to be signed in.
    """
    if replacing:
        await end_session(replacing)
    cookie, now, device = secrets.token_urlsafe(32), clock.now(), device_of(user_agent)
    row: dict[str, Any] = {"customer": customer, "site": site, "signed_in_at": now, "seen_at": now}
    row |= {"browser": device.browser, "system": device.system}
    async with transaction():
        await refuse_erased(customer)
        await Session.insert(Session(id=fingerprint(cookie), **row))
    return cookie


async def find_session(cookie: str) -> SignedIn | None:
    """Return who is signed in by this cookie, and note (once a minute) that they were here."""
    if not _COOKIE.fullmatch(cookie):
        return None
    now = clock.now()
    row = await Session.select().where(Session.id == fingerprint(cookie), *open_at(now)).first()
    if row is None:
        return None
    if row["seen_at"] <= now - _NOTED_EVERY:
        await Session.update({Session.seen_at: now}).where(
            Session.id == row["id"], Session.seen_at < now
        )
    return await _signed_in(row)


def is_recent(session: SignedIn) -> bool:
    """Tell whether they signed in within the hour, as the way to their billing asks for."""
    return clock.now() - session.signed_in_at < RECENT


async def end_session(cookie: str) -> None:
    """Sign this browser out."""
    await _end(Session.id == fingerprint(cookie))


async def end_all(customer: str) -> None:
    """End every session of this customer, everywhere."""
    await _end(Session.customer == customer)


async def end_all_but(session: SignedIn) -> None:
    """End every other session of this customer, in the transaction that says why."""
    await _end(Session.customer == session.customer, Session.id != session.id)


async def _end(*which: Where) -> None:
    await Session.update({Session.ended_at: clock.now()}).where(*which, Session.ended_at.is_null())


def open_at(now: datetime) -> tuple[Where, ...]:
    """Say which sessions are good at this time."""
    return (
        Session.ended_at.is_null(),
        Session.seen_at > now - IDLE,
        Session.signed_in_at > now - LONGEST,
    )


async def _signed_in(row: dict[str, Any]) -> SignedIn | None:
    whose = Customer.select(Customer.company, Customer.time_zone)
    customer = await whose.where(Customer.id == row["customer"]).first()
    return None if customer is None else signed_in_by(row, **customer)


def signed_in_by(row: Mapping[str, Any], company: str, time_zone: str = "") -> SignedIn:
    """Read a stored session."""
    same = ("id", "customer", "site", "browser", "system", "signed_in_at", "seen_at")
    return SignedIn(company=company, time_zone=time_zone, **{name: row[name] for name in same})

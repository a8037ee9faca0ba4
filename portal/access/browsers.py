"""The browsers in which a customer is signed in: list them, and sign some of them out."""

from __future__ import annotations

from piccolo.columns.combination import Where

from portal import clock
from portal.access.flows import end_flows
from portal.access.sessions import SignedIn, open_at, signed_in_by
from portal.access.tables import Session
from portal.audit.record import record
from portal.customers.erased import refuse_erased
from portal.database import transaction


async def browsers_of(session: SignedIn) -> list[SignedIn]:
    """List where this session's customer is signed in, this browser first, then the last seen."""
    rows = (
        await Session.select()
        .where(Session.customer == session.customer, *open_at(clock.now()))
        .order_by(Session.seen_at, ascending=False)
    )
    found = [signed_in_by(row, session.company) for row in rows]
    return sorted(found, key=lambda one: one.id != session.id)


async def end_browser(session: SignedIn, which: str) -> bool:
    """Sign another browser of this customer out; False if it is none of theirs, or was out."""
    async with transaction():
        is_ended = await _end(session, "session.ended", Session.id == which)
    return is_ended


async def end_others(session: SignedIn) -> bool:
    """Sign every other browser of this customer out, and end what one may do that made them."""
    async with transaction():
        await refuse_erased(session.customer)
        is_ended = await leave_only(session)
    return is_ended


async def leave_only(session: SignedIn) -> bool:
    """Do what end_others does, in the transaction of the change that asks for it."""
    await end_flows(session.customer)
    return await _end(session, "session.others_ended", Session.id != session.id)


async def _end(session: SignedIn, action: str, which: Where) -> bool:
    ended = (
        await Session.update({Session.ended_at: clock.now()})
        .where(which, Session.customer == session.customer, Session.ended_at.is_null())
        .returning(Session.id)
    )
    if ended:
        await record(action, company=session.company, actor="customer", object_id=session.customer)
    return bool(ended)

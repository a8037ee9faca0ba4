"""Document 003's customers: found by the seller's id or ours, and told as it tells them."""

from __future__ import annotations

import base64
from binascii import Error as NotBase64
from datetime import UTC, datetime

from portal import clock
from portal.compat.chargebee_errors import ParamWrong
from portal.compat.chargebee_models import ChargebeeList
from portal.compat.chargebee_shapes import Object, customer_shown, listed
from portal.customers.billing_contact import billed_to
from portal.customers.finding import find
from portal.customers.listing import Bound, Listed, Wanted
from portal.customers.profile import profile_of
from portal.customers.tables import Customer
from portal.errors import NotFound
from portal.sealing import is_signed, sign
from portal.subscriptions.profiles import profiles_of
from portal.web.programs.caller import Caller

_GONE = ("deleted", "erased")
_OFFSET = "offset of a list"
_OURS = "cust_"


async def named(caller: Caller, id: str) -> Customer:
    """Return the caller's customer of this id, the seller's own or ours.

    Raises:
        NotFound: there is none, or not for this key, or not any more: told alike.
    """
    found = await find(caller.company, external_id=id)
    if found is None and id.startswith(_OURS):
        found = await find(caller.company, id=id)
    if found is None or found.status in _GONE:
        raise NotFound
    if caller.sites and str(found.site) not in caller.sites:
        raise NotFound
    return found


async def told(customer: Customer) -> Object:
    """Return a customer and their card."""
    return (await _told_all([customer]))[0]


async def told_page(page: Listed) -> Object:
    """Return a page of customers, and where the next one goes on."""
    last = str(page.found[-1].id) if page.has_more else ""
    return listed(await _told_all(page.found), _offset_of(last) if last else None)


async def _told_all(customers: list[Customer]) -> list[Object]:
    kept, now = await profiles_of([str(one.id) for one in customers]), clock.now()
    shown = []
    for one in customers:
        row, id = one.to_dict(), str(one.id)
        billed = await billed_to(id)
        shown.append(customer_shown(row, profile_of(row), billed, kept.get(id), now))
    return shown


def page_wanted(caller: Caller, query: ChargebeeList) -> Wanted:
    """Return which customers a list asks for.

    Raises:
        ParamWrong: an offset that we did not give.
    """
    created: dict[Bound, datetime] = {}
    if query.after is not None:
        created["gt"] = datetime.fromtimestamp(query.after, UTC)
    if query.before is not None:
        created["lt"] = datetime.fromtimestamp(query.before, UTC)
    is_ours = (query.id_is or "").startswith(_OURS)
    return Wanted(
        email=query.email_is,
        id=query.id_is if is_ours else None,
        external_id=None if is_ours else query.id_is,
        created=created,
        sites=caller.sites,
        after=_place(query.offset) if query.offset else None,
        limit=query.limit,
    )


def _offset_of(id: str) -> str:
    return base64.urlsafe_b64encode(f"{id}.{sign(id, _OFFSET)}".encode()).decode()


def _place(offset: str) -> str:
    try:
        id, _, signature = base64.urlsafe_b64decode(offset.encode()).decode().partition(".")
    except (NotBase64, ValueError):
        id, signature = "", ""
    if not is_signed(id, signature, _OFFSET):
        raise ParamWrong("offset", "Send the next_offset of a list that you were given.")
    return id

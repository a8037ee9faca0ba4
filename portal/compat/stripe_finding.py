"""Document 004's customers: found by Stripe's ids, and told as Stripe has them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from portal.compat.arriving import kept_of
from portal.compat.stripe_errors import NoSuchCustomer, ParameterRefused
from portal.compat.stripe_models import NewStripeCustomer, StripeChange
from portal.compat.stripe_queries import StripeList
from portal.compat.stripe_shapes import (
    Object,
    customer_list,
    customer_object,
    subscription_object,
    tombstone,
)
from portal.customers.finding import find
from portal.customers.listing import Bound, Listed, Wanted
from portal.customers.profile import KEEP, Profile, profile_of
from portal.customers.tables import Customer
from portal.subscriptions.held import all_held_by
from portal.subscriptions.profiles import KeptProfile
from portal.web.programs.acting import needs_too
from portal.web.programs.caller import Caller

Given = NewStripeCustomer | StripeChange
TO_OPEN = "subscriptions:read"
"""What a key needs for an answer in which subscriptions are opened."""
_LAST_SECOND = 253_402_300_799
_GONE = ("deleted", "erased", "detached")


async def named(caller: Caller, stripe_id: str) -> Customer:
    """Return the caller's customer of this id (cus_…), deleted or not.

    Raises:
        NoSuchCustomer: there is none, or not for this key: told alike.
    """
    found = await find(caller.company, stripe_id=stripe_id)
    if found is None or (caller.sites and str(found.site) not in caller.sites):
        raise NoSuchCustomer(stripe_id)
    return found


async def living(caller: Caller, stripe_id: str) -> Customer:
    """Return the caller's customer of this id (cus_…) who is not deleted.

    Raises:
        NoSuchCustomer: there is none, or not for this key, or not any more.
    """
    found = await named(caller, stripe_id)
    if found.status in _GONE:
        raise NoSuchCustomer(stripe_id)
    return found


def opened_for(caller: Caller, names: Iterable[str]) -> frozenset[str]:
    """Return what is opened of an answer.

    Raises:
        ScopeMissing: the key may not read that.
    """
    opened = frozenset(names)
    if "subscriptions" in opened:
        needs_too(caller, TO_OPEN)
    return opened


async def told(customer: Customer, opened: Collection[str]) -> Object:
    """Return a customer as Stripe last told of them; of a deleted one, that they are deleted."""
    if customer.status in _GONE:
        return tombstone(str(customer.stripe_id))
    id, stripe_id = str(customer.id), str(customer.stripe_id)
    kept = await kept_of(str(customer.company), {id: stripe_id})
    return await _shown(customer, kept[id], opened)


async def emptied(customer: Customer, passed: Profile) -> Profile:
    """Return what was passed with every key named that an empty metadata takes away.

    Stripe may have some that were put there, and not by us.
    """
    if passed.metadata is KEEP or passed.metadata:
        return passed
    ours = profile_of(customer.to_dict()).given["metadata"]
    theirs = (await told(customer, ())).get("metadata", {})
    return replace(passed, metadata=dict.fromkeys((*ours, *theirs), ""))


async def told_page(company: str, page: Listed, opened: Collection[str]) -> Object:
    """Return a page of customers as Stripe last told of them."""
    kept = await kept_of(company, {str(one.id): str(one.stripe_id) for one in page.found})
    shown = [await _shown(one, kept[str(one.id)], opened) for one in page.found]
    return customer_list(shown, has_more=page.has_more)


async def _shown(customer: Customer, kept: KeptProfile, opened: Collection[str]) -> Object:
    if kept.deleted or not kept.object:
        return tombstone(str(customer.stripe_id))
    held: list[dict[str, Any]] = []
    if "subscriptions" in opened:
        held = [
            subscription_object(one.stripe_id, kept.stripe_id, one.status, one.currency)
            for one in await all_held_by(str(customer.id))
        ]
    return customer_object(
        kept.object,
        phone=str(customer.phone),
        created=int(customer.created_at.timestamp()),
        metadata=profile_of(customer.to_dict()).given["metadata"],
        opened=opened,
        held=held,
    )


async def page_wanted(caller: Caller, query: StripeList) -> Wanted:
    """Return which customers a list asks for; those on a test clock only where it names that.

    Raises:
        ParameterRefused: both cursors, or one that names nobody.
    """
    if query.starting_after and query.ending_before:
        raise ParameterRefused("ending_before", "Send one of starting_after and ending_before.")
    # The second in which they were made is told, so that is what counts.
    since = _given(query.created, query.created_gte, _next(query.created_gt))
    until = _given(_next(query.created), query.created_lt, _next(query.created_lte))
    created: dict[Bound, datetime] = {}
    if since:
        created["gte"] = _moment(max(since))
    if until:
        created["lt"] = _moment(min(until))
    return Wanted(
        email=query.email,
        created=created,
        sites=caller.sites,
        at_stripe=True,
        clock=query.test_clock or "",
        after=await _place(caller, "starting_after", query.starting_after),
        before=await _place(caller, "ending_before", query.ending_before),
        limit=query.limit,
    )


async def _place(caller: Caller, param: str, stripe_id: str | None) -> str | None:
    """Return our id of the customer at whom a page begins or ends."""
    if stripe_id is None:
        return None
    try:
        return str((await named(caller, stripe_id)).id)
    except NoSuchCustomer as none:
        raise ParameterRefused(param, none.sentence, "resource_missing") from none


def _given(*seconds: int | None) -> list[int]:
    return [second for second in seconds if second is not None]


def _next(second: int | None) -> int | None:
    return None if second is None else min(second + 1, _LAST_SECOND)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

"""Customers: listed and searched, newest first."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar import get
from pydantic import Field

from portal.api.customer_models import CustomerList
from portal.api.expanding import FOR_SUBSCRIPTIONS, WholeSubscription, is_whole
from portal.customers.email import InvalidEmail, normalize_email
from portal.customers.erased import says_erased
from portal.customers.listing import Listed, Wanted, list_customers
from portal.customers.shown import tombstone
from portal.customers.text import fold
from portal.errors import Problem
from portal.onboarding.shown import told_of_all
from portal.web.programs.call import Answer, Call
from portal.web.programs.caller import site_of
from portal.web.programs.described import described
from portal.web.programs.handle import program
from portal.web.programs.paging import Paged, PagedByTime, listed, refuse_both
from portal.web.programs.problems import WrongValues
from portal.web.programs.texts import Key, SiteName, text

LEAST = 2
_SHORT = Problem("query_too_short", "Send two letters or digits or more.")


class CustomersWanted(PagedByTime):
    """Which customers are wanted."""

    email: Annotated[str, text(254)] | None = None
    external_id: Annotated[str, text(255)] | None = None
    plan: Key | None = Field(None, description="The key of the plan that they hold.")
    status: Literal["active", "detached", "deleted", "erased"] | None = Field(
        None, description="Left out: all but deleted and erased ones."
    )
    site: SiteName | None = None
    expand: WholeSubscription


class CustomersSought(Paged):
    """What customers are searched by."""

    query: Annotated[str, text(200, LEAST)] = Field(
        description="Words of their names, organisation, e-mail address or external id."
    )
    site: SiteName | None = None
    expand: WholeSubscription


@get(
    "/v1/customers",
    name="api.customers.list",
    opt=described(
        "customers:read",
        "List customers",
        {200: CustomerList},
        query=CustomersWanted,
        also=FOR_SUBSCRIPTIONS,
        refusals={404: ("not_found",), 422: ("invalid_details", "both_cursors")},
    ),
)
@program
async def list_all_customers(call: Call[None]) -> Answer:
    """List the customers of the company, or those that the key's sites have."""
    asked = call.asked(CustomersWanted)
    whole = is_whole(call, "subscription", asked.expand)
    refuse_both(asked)
    wanted = Wanted(
        email_key=_key(asked.email),
        external_id=asked.external_id,
        created=asked.bounds(),
        status=asked.status,
        plan=asked.plan,
        sites=await _sites(call, asked.site),
        after=asked.starting_after,
        before=asked.ending_before,
        limit=asked.limit,
    )
    return await _told(call, await list_customers(call.caller.company, wanted), whole=whole)


@get(
    "/v1/customers/search",
    name="api.customers.search",
    opt=described(
        "customers:read",
        "Search customers",
        {200: CustomerList},
        query=CustomersSought,
        also=FOR_SUBSCRIPTIONS,
        refusals={404: ("not_found",), 422: ("invalid_details", "both_cursors")},
    ),
)
@program
async def search_customers(call: Call[None]) -> Answer:
    """Find the customers in whom every word of the query stands."""
    asked = call.asked(CustomersSought)
    whole = is_whole(call, "subscription", asked.expand)
    refuse_both(asked)
    words = tuple(fold(asked.query).split())
    if sum(map(len, words)) < LEAST:
        raise WrongValues({("query",): _SHORT})
    wanted = Wanted(
        words=words,
        sites=await _sites(call, asked.site),
        after=asked.starting_after,
        before=asked.ending_before,
        limit=asked.limit,
    )
    return await _told(call, await list_customers(call.caller.company, wanted), whole=whole)


async def _told(call: Call[None], page: Listed, *, whole: bool) -> Answer:
    there = [one for one in page.found if not says_erased(str(one.status))]
    told = await told_of_all(there, whole=whole)
    by_id = {one["id"]: one for one in told}
    shown = [by_id.get(str(one.id)) or tombstone(one) for one in page.found]
    return Answer(200, listed(shown, has_more=page.has_more, url=call.url))


async def _sites(call: Call[None], named: str | None) -> tuple[str, ...]:
    if named is None:
        return call.caller.sites
    return ((await site_of(call.caller, named)).id,)


def _key(email: str | None) -> str | None:
    """Return what somebody of this address is found by; of what is none, nobody is."""
    try:
        return normalize_email(email).key if email is not None else None
    except InvalidEmail:
        return ""

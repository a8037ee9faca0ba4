"""Customers: one made, one retrieved."""

from __future__ import annotations

from dataclasses import replace

from litestar import get, post

from portal.api.customer_asked import NEEDED, refuse_without_scopes, wish_of
from portal.api.customer_models import CustomerTold
from portal.api.customer_sent import NewCustomer
from portal.api.examples import NEW_CUSTOMER
from portal.api.expanding import FOR_SUBSCRIPTIONS, CustomerAsked, is_whole
from portal.customers.avatar import keep_drawn
from portal.customers.directory import customer_of
from portal.customers.erased import says_erased
from portal.customers.finding import find
from portal.customers.tables import Customer
from portal.errors import NotFound
from portal.onboarding.shown import told_of
from portal.onboarding.signup import sign_up
from portal.web.programs.call import Answer, Call
from portal.web.programs.caller import Caller, site_of
from portal.web.programs.described import Link, described
from portal.web.programs.handle import program
from portal.web.programs.problems import gone

_REFUSED = (
    *("invalid_details", "return_url_not_listed"),
    *("gateway_customer_unknown", "payment_intent_unusable"),
)
_KNOWN = {"message": "Customer already exists"}
_THEM = {"customer": "$response.body#/id"}
_LINKS = (
    Link(201, "retrieve", "retrieve_customer", _THEM),
    Link(201, "change", "change_a_customer", _THEM),
    Link(200, "change", "change_a_customer", _THEM),
    Link(201, "delete", "remove_customer", _THEM),
    Link(201, "erase", "erase_customer", _THEM),
)


@post(
    "/v1/customers",
    name="api.customers.create",
    opt=described(
        "customers:write",
        "Make a customer and subscribe them to a plan",
        {201: CustomerTold, 200: CustomerTold},
        body=NewCustomer,
        also=NEEDED,
        refusals={
            404: ("plan_not_on_offer", "not_found"),
            409: ("email_taken", "external_id_taken", "gateway_customer_taken"),
            422: _REFUSED,
        },
        multipart=True,
        links=_LINKS,
        examples={"a customer": NEW_CUSTOMER},
    ),
)
@program
async def create_customer(call: Call[NewCustomer]) -> Answer:
    """Make a customer; whoever is known by their e-mail address stays as they are."""
    refuse_without_scopes(call)
    if call.made:
        return Answer(201, await told_of(await customer_of(call.made)))
    site = await site_of(call.caller, call.body.site)
    wish = await wish_of(call, site)
    signed_up = await sign_up(
        site,
        wish.details,
        chosen=wish.chosen,
        coupon=wish.coupon,
        source="api",
        verified=wish.verified,
        asked=replace(wish.asked, sites=call.caller.sites),
    )
    if signed_up.is_new and wish.picture:
        await keep_drawn(signed_up.customer, site.company_id, wish.picture, actor=call.actor)
    told = await told_of(await customer_of(signed_up.customer), warnings=wish.warnings)
    return Answer(201, told) if signed_up.is_new else Answer(200, told | _KNOWN)


@get(
    "/v1/customers/{customer:str}",
    name="api.customers.retrieve",
    opt=described(
        "customers:read",
        "Retrieve a customer",
        {200: CustomerTold},
        query=CustomerAsked,
        also=FOR_SUBSCRIPTIONS,
        refusals={410: ("customer_deleted", "customer_erased")},
    ),
)
@program
async def retrieve_customer(call: Call[None]) -> Answer:
    """Tell all there is of a customer; of what they hold all, if that is asked for."""
    whole = is_whole(call, "subscription", call.asked(CustomerAsked).expand)
    found = await customer_named(call.caller, call.path["customer"])
    return Answer(200, await told_of(found, whole=whole))


async def customer_named(caller: Caller, customer_id: str) -> Customer:
    """Return the caller's customer of this id.

    Raises:
        NotFound: there is none, or not for this key: told alike.
        Gone: they were deleted or erased.
    """
    found = await any_customer_named(caller, customer_id)
    if says_erased(str(found.status)):
        raise gone(found)
    return found


async def any_customer_named(caller: Caller, customer_id: str) -> Customer:
    """Return the caller's customer of this id, deleted and erased ones too.

    Raises:
        NotFound: there is none, or not for this key: told alike.
    """
    found = await find(caller.company, id=customer_id)
    if found is None or (caller.sites and str(found.site) not in caller.sites):
        raise NotFound
    return found

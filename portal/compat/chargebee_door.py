"""Document 003: customers from a form, for programs that were written to that API."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from litestar import get, post

from portal.compat.arriving import arrived_new
from portal.compat.chargebee_errors import ChargebeeError, NotConfigured
from portal.compat.chargebee_finding import named, page_wanted, told, told_page
from portal.compat.chargebee_models import ChargebeeEnd, ChargebeeList, NewChargebeeCustomer
from portal.compat.chargebee_payment import PaysBy, pays_by
from portal.compat.chargebee_read import billed_to, details_after, profile_given
from portal.compat.chargebee_shapes import (
    ChargebeeCustomer,
    ChargebeeCustomers,
    deleted_shown,
    shown_id,
)
from portal.compat.nobody import NOBODY
from portal.customers.directory import customer_of
from portal.customers.erased import CustomerErased
from portal.customers.listing import list_customers
from portal.customers.profile import KEEP
from portal.onboarding.asked import Asked
from portal.onboarding.begin_anew import begin_anew, refused_for_good
from portal.onboarding.signup import sign_up
from portal.privacy.delete import delete_customer
from portal.web.programs.acting import looked_up_for
from portal.web.programs.call import Answer, Call
from portal.web.programs.caller import site_of
from portal.web.programs.described import Door, Link, described
from portal.web.programs.handle import program

PATHS = [f"/compat/api/v{version}/customers" for version in (1, 2)]
ONE = [f"{path}/{{customer:str}}" for path in PATHS]
_DOOR = Door(
    basic=True,
    prefix="chargebee-",
    repeat="chargebee-idempotency-key",
    replayed="chargebee-idempotency-replayed",
)
SAID: dict[str, Any] = {"tag": "003", "door": _DOOR, "problem": ChargebeeError}
REFUSED = {400: ("param_wrong_value", "duplicate_entry", "configuration_incompatible")}
_ITS_ID = {"customer": "$response.body#/customer/id"}


@post(
    PATHS,
    name="compat.chargebee.create",
    status_code=200,
    opt=described(
        "customers:write",
        "Make a customer from a form",
        {200: ChargebeeCustomer},
        body=NewChargebeeCustomer,
        form=True,
        refusals=REFUSED,
        examples={
            "a customer": {"first_name": "John", "last_name": "Doe", "email": "john@doe.example"}
        },
        links=(Link(200, "retrieve", "retrieve_chargebee_customer", _ITS_ID),),
        **SAID,
    ),
)
@program
async def create_chargebee_customer(call: Call[NewChargebeeCustomer]) -> Answer:
    """Make a customer, without a plan; an e-mail that is known makes another.

    By the id of whom Stripe refused for good they begin anew, with what is said now.
    """
    by = pays_by(call.body)
    customer = call.made or await _made(call, by)
    if by != PaysBy():
        await arrived_new(call.caller.company, customer, pays=True, actor=call.actor)
    return Answer(200, await told(await customer_of(customer)), about=customer)


async def _made(call: Call[NewChargebeeCustomer], by: PaysBy) -> str:
    given, site = call.body, await site_of(call.caller)
    details = details_after(given, NOBODY)
    asked = Asked(
        profile=profile_given(given, {}),
        quiet=call.quiet,
        same_email="another",
        key=call.actor,
        payment=by.method,
        intent=by.intent,
        billed_to=billed_to(given.billing_address),
        noted=call.note_made,
    )
    refused = await refused_for_good(site, details, asked)
    if refused:
        unnamed = replace(asked, profile=replace(asked.profile, external_id=KEEP))
        found = await looked_up_for(call.caller, details, unnamed)
        with suppress(CustomerErased):
            anew = replace(found, profile=asked.profile)
            if await begin_anew(site, refused, details, None, anew):
                return refused
    asked = await looked_up_for(call.caller, details, asked)
    return (await sign_up(site, details, chosen=None, source="api", asked=asked)).customer


@get(
    PATHS,
    name="compat.chargebee.list",
    opt=described(
        "customers:read",
        "List customers a page at a time",
        {200: ChargebeeCustomers},
        query=ChargebeeList,
        refusals={400: ("param_wrong_value",)},
        **SAID,
    ),
)
@program
async def list_chargebee_customers(call: Call[None]) -> Answer:
    """List customers, newest first."""
    wanted = page_wanted(call.caller, call.asked(ChargebeeList))
    return Answer(200, await told_page(await list_customers(call.caller.company, wanted)))


@get(
    ONE,
    name="compat.chargebee.retrieve",
    opt=described(
        "customers:read", "Retrieve a customer and their card", {200: ChargebeeCustomer}, **SAID
    ),
)
@program
async def retrieve_chargebee_customer(call: Call[None]) -> Answer:
    """Tell all there is of a customer."""
    return Answer(200, await told(await named(call.caller, call.path["customer"])))


@post(
    [f"{path}/delete" for path in ONE],
    name="compat.chargebee.delete",
    status_code=200,
    opt=described(
        "customers:write",
        "Delete a customer with their plans",
        {200: ChargebeeCustomer},
        body=ChargebeeEnd,
        form=True,
        refusals={400: ("configuration_incompatible",)},
        examples={"for good": {"delete_payment_method": "true"}},
        **SAID,
    ),
)
@program
async def delete_chargebee_customer(call: Call[ChargebeeEnd]) -> Answer:
    """Delete a customer for good; their subscriptions end at once."""
    known = await named(call.caller, call.path["customer"])
    if call.body.delete_payment_method is False:
        raise NotConfigured("delete_payment_method", "Stripe deletes it with the customer.")
    await delete_customer(str(known.id), actor=call.actor)
    # About nobody: it says no more than their id, and a repeat is to be answered alike.
    return Answer(200, deleted_shown(shown_id(known.to_dict())))

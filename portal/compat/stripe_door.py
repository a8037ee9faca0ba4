"""Document 004: customers, as Stripe's own API has them, for programs that were written to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import delete, get, post

from portal.compat.arriving import arrived, arrived_new
from portal.compat.nobody import NOBODY
from portal.compat.stripe_errors import ParameterRefused, StripeError, param_of
from portal.compat.stripe_finding import (
    TO_OPEN,
    Given,
    emptied,
    living,
    named,
    opened_for,
    page_wanted,
    told,
    told_page,
)
from portal.compat.stripe_models import NewStripeCustomer, StripeChange
from portal.compat.stripe_queries import StripeList, StripeOpened
from portal.compat.stripe_read import (
    details_after,
    method_given,
    more_tax_ids,
    profile_given,
    shipping_given,
)
from portal.compat.stripe_shapes import StripeCustomer, StripeCustomers, tombstone
from portal.customers.directory import customer_of
from portal.customers.known import details_of
from portal.customers.listing import list_customers
from portal.ids import new_id
from portal.onboarding.asked import Asked
from portal.onboarding.change import change_customer
from portal.onboarding.signup import sign_up
from portal.privacy.delete import delete_customer
from portal.web.programs.call import Answer, Call
from portal.web.programs.caller import site_of
from portal.web.programs.described import Door, Link, described
from portal.web.programs.handle import program

PATH = "/compat/stripe/v1/customers"
_SAID: dict[str, Any] = {"tag": "004", "door": Door(basic=True), "problem": StripeError}
_REFUSED = {400: ("invalid_request_error",), 402: ("card_error",)}
_ITS_ID = {"customer": "$response.body#/id"}


@post(
    PATH,
    name="compat.stripe.create",
    status_code=200,
    opt=described(
        "customers:write",
        "Make a customer as Stripe does",
        {200: StripeCustomer},
        also={TO_OPEN: ("expand[]",)},
        body=NewStripeCustomer,
        form=True,
        refusals=_REFUSED,
        examples={"a customer": {"name": "Jenny Rosen", "email": "jenny@rosen.example"}},
        links=(
            Link(200, "retrieve", "retrieve_stripe_customer", _ITS_ID),
            Link(200, "update", "update_stripe_customer", _ITS_ID),
        ),
        **_SAID,
    ),
)
@program
async def create_stripe_customer(call: Call[NewStripeCustomer]) -> Answer:
    """Make a customer, without a plan; an e-mail that is known makes another."""
    opened = opened_for(call.caller, call.body.expand or ())
    company, pays = call.caller.company, bool(method_given(call.body))
    customer = call.made or await _made(call)
    await arrived_new(company, customer, pays=pays, actor=call.actor)
    return Answer(200, await told(await customer_of(customer), opened), about=customer)


async def _made(call: Call[NewStripeCustomer]) -> str:
    site = await site_of(call.caller)
    details = details_after(call.body, replace(NOBODY, locale=site.languages[0]))
    asked = replace(_asked(call), tax_ids=more_tax_ids(call.body), noted=call.note_made)
    return (await sign_up(site, details, chosen=None, source="api", asked=asked)).customer


@get(
    f"{PATH}/{{customer:str}}",
    name="compat.stripe.retrieve",
    opt=described(
        "customers:read",
        "Retrieve a customer as Stripe does",
        {200: StripeCustomer},
        also={TO_OPEN: ("expand[]",)},
        query=StripeOpened,
        **_SAID,
    ),
)
@program
async def retrieve_stripe_customer(call: Call[None]) -> Answer:
    """Tell what Stripe last told of a customer; of a deleted one, that they are deleted."""
    opened = opened_for(call.caller, call.asked(StripeOpened).opened)
    return Answer(200, await told(await named(call.caller, call.path["customer"]), opened))


@post(
    f"{PATH}/{{customer:str}}",
    name="compat.stripe.update",
    status_code=200,
    opt=described(
        "customers:write",
        "Change a customer as Stripe does",
        {200: StripeCustomer},
        also={TO_OPEN: ("expand[]",)},
        body=StripeChange,
        form=True,
        refusals=_REFUSED,
        examples={"other words": {"description": "Counts", "name": "Jenny"}},
        **_SAID,
    ),
)
@program
async def update_stripe_customer(call: Call[StripeChange]) -> Answer:
    """Change what is passed of a customer, here and at Stripe; the rest stays."""
    opened = opened_for(call.caller, call.body.expand or ())
    known, asked = await living(call.caller, call.path["customer"]), _asked(call)
    paying = new_id("paym") if asked.payment else ""
    asked = replace(asked, profile=await emptied(known, asked.profile), paying=paying)
    await change_customer(known, details_after(call.body, details_of(known)), asked)
    await arrived(call.caller.company, str(known.id), paying=paying)
    now = await customer_of(str(known.id))
    if now.refused_field:
        raise ParameterRefused(param_of(now.refused_field) or "", "Stripe did not take this.")
    return Answer(200, await told(now, opened), about=str(known.id))


def _asked(call: Call[NewStripeCustomer] | Call[StripeChange]) -> Asked:
    given: Given = call.body
    return Asked(
        profile=profile_given(given),
        quiet=call.quiet,
        same_email="another",
        key=call.actor,
        payment=method_given(given),
        leaves_due=not given.source,
        shipping=shipping_given(given),
    )


@delete(
    f"{PATH}/{{customer:str}}",
    name="compat.stripe.delete",
    status_code=200,
    opt=described(
        "customers:write", "Delete a customer as Stripe does", {200: StripeCustomer}, **_SAID
    ),
)
@program
async def delete_stripe_customer(call: Call[None]) -> Answer:
    """Delete a customer for good; their subscriptions end at once."""
    known = await living(call.caller, call.path["customer"])
    await delete_customer(str(known.id), actor=call.actor)
    return Answer(200, tombstone(str(known.stripe_id)))


@get(
    PATH,
    name="compat.stripe.list",
    opt=described(
        "customers:read",
        "List customers as Stripe does",
        {200: StripeCustomers},
        also={TO_OPEN: ("expand[]",)},
        query=StripeList,
        refusals={400: ("invalid_request_error",)},
        **_SAID,
    ),
)
@program
async def list_stripe_customers(call: Call[None]) -> Answer:
    """List the customers whom Stripe has, newest first."""
    query = call.asked(StripeList)
    opened = opened_for(call.caller, query.opened)
    page = await list_customers(call.caller.company, await page_wanted(call.caller, query))
    return Answer(200, await told_page(call.caller.company, page, opened))

"""Customers: deleted, and erased."""

from __future__ import annotations

from litestar import delete, post

from portal.api.customer_models import Erasing, Tombstone
from portal.api.customers import any_customer_named
from portal.customers.erased import ERASED
from portal.customers.shown import tombstone
from portal.privacy.delete import delete_customer
from portal.privacy.erasure import ask_erasure
from portal.web.programs.call import Answer, Call
from portal.web.programs.described import described
from portal.web.programs.handle import program


@delete(
    "/v1/customers/{customer:str}",
    name="api.customers.delete",
    status_code=200,
    opt=described("customers:write", "Delete a customer and end their plans", {200: Tombstone}),
)
@program
async def remove_customer(call: Call[None]) -> Answer:
    """Delete a customer; deleted once more, they are answered alike."""
    customer = await any_customer_named(call.caller, call.path["customer"])
    await delete_customer(str(customer.id), actor=call.actor)
    gone = await any_customer_named(call.caller, call.path["customer"])
    return Answer(200, tombstone(gone))


@post(
    "/v1/customers/{customer:str}/erase",
    name="api.customers.erase",
    status_code=202,
    opt=described(
        # Asked again it answers alike, and what it says is no reason to keep a row of them.
        *("customers:erase", "Have everything of a customer erased", {202: Erasing}),
        kept=False,
    ),
)
@program
async def erase_customer(call: Call[None]) -> Answer:
    """Have a customer erased at once, here and at Stripe: a worker does it."""
    customer = await any_customer_named(call.caller, call.path["customer"])
    if customer.status != ERASED:
        await ask_erasure(str(customer.id), by="operator", actor=call.actor)
    return Answer(202, {"id": str(customer.id), "state": "erasing"})

"""Bring a customer at Stripe to what we have of them, once Stripe has them."""

from __future__ import annotations

from portal.billing.gateway import gateway_of
from portal.customers.refusals import detail_of, details_in
from portal.database import run_sql
from portal.errors import Refused
from portal.operations.backoff import key_of
from portal.operations.step import Claimed, Step

UPDATE_CUSTOMER = "update_customer"


async def _update_customer(op: Claimed) -> str:
    stripe_id = await stripe_id_of(op)
    gateway = await gateway_of(op.company)
    await gateway.update_customer(stripe_id, op.params, key=key_of(op, gateway.account))
    return stripe_id


async def stripe_id_of(op: Claimed) -> str:
    """Return the id at Stripe (cus_…) of the customer of an operation.

    Raises:
        Refused: Stripe never made one.
    """
    found = await run_sql("SELECT stripe_id FROM customer WHERE id = {}", op.customer)
    if not found or found[0]["stripe_id"] is None:
        raise Refused("customer_missing", said="There is no customer at Stripe to change.")
    return str(found[0]["stripe_id"])


async def _is_updated(op: Claimed, stripe_id: str) -> None:
    """Take the flag off that spoke of what Stripe has taken now."""
    fields = details_in(op.params)
    if fields:
        places = ", ".join("{}" for _ in fields)
        await run_sql(
            f"UPDATE customer SET refused_field = {{}} WHERE id = {{}}"  # noqa: S608
            f" AND refused_field IN ({places})",
            *("", op.customer, *fields),
        )


async def _update_refused(op: Claimed, refusal: Refused) -> None:
    """Flag what is theirs to mend, so that their page asks for it; the lane goes on."""
    if field := detail_of(refusal):
        await run_sql("UPDATE customer SET refused_field = {} WHERE id = {}", field, op.customer)


update_customer = Step(call=_update_customer, done=_is_updated, refused=_update_refused)

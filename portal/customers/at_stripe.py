"""Bring a customer at Stripe to what we have of them, once Stripe has them."""

from __future__ import annotations

from portal.billing.gateway import gateway_of
from portal.billing.stripe_tax_ids import leave_tax_id
from portal.customers.refusals import detail_of, details_in, is_about_tax_id
from portal.database import run_sql
from portal.errors import Refused
from portal.operations.backoff import key_of
from portal.operations.step import Claimed, Mended, Step

UPDATE_CUSTOMER = "update_customer"
SET_TAX_ID = "set_tax_id"


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


async def _set_tax_id(op: Claimed) -> str:
    stripe_id = await stripe_id_of(op)
    gateway = await gateway_of(op.company)
    key = key_of(op, gateway.account)
    await leave_tax_id(gateway, stripe_id, op.params["tax_id"], key=key)
    return stripe_id


async def _is_set(op: Claimed, stripe_id: str) -> None:
    """Take the flag off, unless it speaks of another tax id than what Stripe has now."""
    tax_id = op.params["tax_id"]
    await run_sql(
        "UPDATE customer SET tax_id_refused = {}"
        " WHERE id = {} AND (tax_id_type IS NULL OR tax_id = {})",
        *(False, op.customer, tax_id["value"] if tax_id else ""),
    )


async def _tax_id_refused(op: Claimed, refusal: Refused) -> Mended | None:
    """Go on without a tax id that Stripe does not take, and flag it."""
    tax_id = op.params["tax_id"]
    if tax_id is None or not is_about_tax_id(refusal):
        return None
    await run_sql(
        "UPDATE customer SET tax_id_refused = {} WHERE id = {} AND tax_id = {}",
        *(True, op.customer, tax_id["value"]),
    )
    return Mended({"tax_id": None})


update_customer = Step(call=_update_customer, done=_is_updated, refused=_update_refused)
set_tax_id = Step(call=_set_tax_id, done=_is_set, refused=_tax_id_refused)

"""Bring a customer's tax id at Stripe to ours, once the customer is there."""

from __future__ import annotations

from portal.billing.gateway import gateway_of
from portal.billing.stripe_tax_ids import leave_tax_id
from portal.database import run_sql
from portal.errors import Refused
from portal.onboarding.refusals import is_about_tax_id
from portal.onboarding.steps import stripe_id_of
from portal.operations.backoff import key_of
from portal.operations.step import Claimed, Mended, Step

SET_TAX_ID = "set_tax_id"


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


async def _refused(op: Claimed, refusal: Refused) -> Mended | None:
    """Go on without a tax id that Stripe does not take, and flag it."""
    tax_id = op.params["tax_id"]
    if tax_id is None or not is_about_tax_id(refusal):
        return None
    await run_sql(
        "UPDATE customer SET tax_id_refused = {} WHERE id = {} AND tax_id = {}",
        *(True, op.customer, tax_id["value"]),
    )
    return Mended({"tax_id": None})


set_tax_id = Step(call=_set_tax_id, done=_is_set, refused=_refused)

"""Bring a customer's tax ids at Stripe to what we have of them."""

from __future__ import annotations

from dataclasses import dataclass

from portal.billing.billed_customers import BilledTaxId
from portal.billing.gateway import gateway_of
from portal.billing.stripe_tax_ids import exchange_tax_id, leave_tax_id
from portal.billing.ticket import next_ticket
from portal.customers.at_stripe import stripe_id_of
from portal.customers.held_tax_ids import note_exchanged, note_refused
from portal.customers.refusals import is_about_tax_id
from portal.database import run_sql
from portal.errors import Refused
from portal.operations.backoff import key_of
from portal.operations.step import Claimed, Mended, Step

SET_TAX_ID = "set_tax_id"
"""What a sign-up form says is all there is, but for those that were added in the account."""
CHANGE_TAX_ID = "change_tax_id"


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What came of it: at whose customer (cus_…), what is there now, and the ticket after it."""

    stripe_id: str
    there: BilledTaxId | None
    ticket: int


async def _set(op: Claimed) -> Exchanged:
    stripe_id = await stripe_id_of(op)
    gateway = await gateway_of(op.company)
    there = await leave_tax_id(
        gateway,
        stripe_id,
        op.params["tax_id"],
        beside=op.params.get("beside", ()),
        key=key_of(op, gateway.account),
    )
    return Exchanged(stripe_id, there, await next_ticket())


async def _change(op: Claimed) -> Exchanged:
    stripe_id = await stripe_id_of(op)
    gateway = await gateway_of(op.company)
    key = key_of(op, gateway.account)
    wanted, former = op.params["tax_id"], op.params["former"]
    there = await exchange_tax_id(gateway, stripe_id, wanted, former, key=key)
    return Exchanged(stripe_id, there, await next_ticket())


async def _is_set(op: Claimed, done: Exchanged) -> None:
    """Take the flag off, unless it speaks of another tax id than what Stripe has now."""
    tax_id = op.params["tax_id"]
    await run_sql(
        "UPDATE customer SET tax_id_refused = {}"
        " WHERE id = {} AND (tax_id_type IS NULL OR tax_id = {})",
        *(False, op.customer, tax_id["value"] if tax_id else ""),
    )
    assert op.customer is not None
    await note_exchanged(op.customer, done.there, done.ticket)


async def _refused(op: Claimed, refusal: Refused) -> Mended | None:
    """Go on without a tax id that Stripe does not take, and flag it."""
    tax_id = op.params["tax_id"]
    if tax_id is None or op.customer is None:
        return None
    await note_refused(op.customer, tax_id["value"])
    return Mended({**op.params, "tax_id": None}) if is_about_tax_id(refusal) else None


set_tax_id = Step(call=_set, done=_is_set, refused=_refused)
change_tax_id = Step(call=_change, done=_is_set, refused=_refused)

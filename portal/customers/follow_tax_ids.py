"""Follow what was changed of a customer's tax ids at Stripe: there, or by verifying them."""

from __future__ import annotations

from collections.abc import Sequence

from portal.audit.record import record
from portal.billing.billed_customers import BilledTaxId
from portal.customers.erased import is_erased
from portal.customers.follow import ACTOR
from portal.customers.held_tax_ids import (
    HeldTaxId,
    drop_held,
    held_tax_ids,
    keep_tax_id,
    note_at_stripe,
    note_first,
)
from portal.customers.tax_ids_at_stripe import CHANGE_TAX_ID
from portal.customers.told import UPDATED, tell_of
from portal.database import run_sql
from portal.operations.enqueue import enqueue, lane_of_customer

_NEWS = """SELECT company FROM customer WHERE id = {} AND tax_ids_ticket < {} AND NOT EXISTS
 (SELECT 1 FROM operation WHERE lane = {} AND state = 'ready'
  AND kind IN ('create_customer', 'adopt_customer', 'set_tax_id', 'change_tax_id'))"""


async def follow_tax_ids(customer_id: str, there: Sequence[BilledTaxId], ticket: int) -> None:
    """Bring a customer's tax ids to what Stripe has, where that is not what we sent.

    What we are about to change there goes first, and a look from before our last change tells
    nothing. Ours that Stripe never had stay, and are sent if nothing has sent them. Call it in the
    transaction that holds the customer; of who was erased nothing is written.
    """
    if await is_erased(customer_id):
        return
    left = await held_tax_ids(customer_id)
    if _is_as_held(there, left):
        return
    asked = await run_sql(_NEWS, customer_id, ticket, lane_of_customer(customer_id))
    if not asked:
        return
    is_changed = False
    for one in there:
        known = _known(one, left)
        if known is None:
            kept = {"stripe_id": one.stripe_id, "status": one.status}
            await keep_tax_id(customer_id, one.value, one.type, **kept)
            is_changed = True
        else:
            left.remove(known)
            if (known.stripe_id, known.status) != (one.stripe_id, one.status):
                await note_at_stripe(known.id, one.stripe_id, one.status)
    for gone in left:
        if gone.stripe_id:
            await drop_held(gone.id)
            is_changed = True
        elif _is_unsent(gone):
            await _send(customer_id, asked[0]["company"], gone)
    if is_changed:
        await _tell(customer_id, asked[0]["company"])


def _is_as_held(there: Sequence[BilledTaxId], held: Sequence[HeldTaxId]) -> bool:
    ours = {(one.stripe_id, one.status) for one in held if one.stripe_id}
    return not any(map(_is_unsent, held)) and ours == {(one.stripe_id, one.status) for one in there}


def _is_unsent(one: HeldTaxId) -> bool:
    return one.stripe_id is None and one.written is not None and not one.refused


async def _send(customer_id: str, company: str, unsent: HeldTaxId) -> None:
    """Owe Stripe a tax id of which it has never heard, once: as a release before wrote one down."""
    await enqueue(
        CHANGE_TAX_ID,
        company=company,
        lane=lane_of_customer(customer_id),
        params={"tax_id": unsent.written, "former": None},
        customer=customer_id,
        once=f"tax_id:{unsent.id}",
    )


def _known(one: BilledTaxId, held: Sequence[HeldTaxId]) -> HeldTaxId | None:
    """Find what we have of it: by Stripe's id, else by what it says."""
    by_id = (each for each in held if each.stripe_id == one.stripe_id)
    by_signs = (each for each in held if each.signs == one.signs)
    return next(by_id, None) or next(by_signs, None)


async def _tell(customer_id: str, company: str) -> None:
    await note_first(customer_id)
    await record(
        "customer.details_changed",
        company=company,
        actor=ACTOR,
        object_id=customer_id,
        fields=("tax_id",),
    )
    await tell_of(UPDATED, customer_id, company=company)

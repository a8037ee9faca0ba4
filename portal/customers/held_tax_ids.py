"""The tax ids that a customer has, the oldest first. That one stands in their own row too.

It is what the sign-up form asked, or the oldest since that went: whoever needs one tax id (to have
Stripe make a customer, to open the form again) reads it there. See docs/decisions/0025.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal import clock
from portal.billing.billed_customers import BilledTaxId, signs_of
from portal.customers.params import tax_id_of
from portal.database import run_sql
from portal.ids import new_id

MOST = 5
"""As many as Stripe keeps of one customer."""
LONGEST = 100

_COLUMNS = "id, value, type, stripe_id, status, refused"
_INSERT = """INSERT INTO customer_tax_id (id, customer, value, type, stripe_id, status, refused,
 created_at) VALUES ({}, {}, {}, {}, {}, {}, {}, {})"""
_CHANGE = """UPDATE customer_tax_id SET value = {}, type = {}, stripe_id = NULL, status = '',
 refused = {} WHERE id = {}"""
_NOTE_TICKET = """UPDATE customer SET tax_ids_ticket =
 CASE WHEN tax_ids_ticket < {} THEN {} ELSE tax_ids_ticket END WHERE id = {}"""
_NOTE_FIRST = """UPDATE customer SET tax_id = {}, tax_id_type = {}, tax_id_refused = {},
 version = version + 1, updated_at = {} WHERE id = {}"""


@dataclass(frozen=True, slots=True)
class HeldTaxId:
    """A tax id that a customer has, and how it stands with it at Stripe."""

    id: str
    value: str
    type: str | None
    stripe_id: str | None
    status: str
    refused: bool

    @property
    def written(self) -> Mapping[str, str] | None:
        """Return it as Stripe takes it; None where Stripe has no type for it."""
        return tax_id_of(self.value, self.type)

    @property
    def signs(self) -> tuple[str, str]:
        """Return what makes it the same as another."""
        return signs_of(self.type, self.value)


async def held_tax_ids(customer_id: str) -> list[HeldTaxId]:
    """Return the tax ids of a customer, the oldest first."""
    rows = await run_sql(
        f"SELECT {_COLUMNS} FROM customer_tax_id WHERE customer = {{}} ORDER BY created_at, id",  # noqa: S608
        customer_id,
    )
    return [HeldTaxId(**row | {"refused": bool(row["refused"])}) for row in rows]


async def keep_tax_id(
    customer_id: str,
    value: str,
    type: str | None,
    *,
    stripe_id: str | None = None,
    status: str = "",
) -> None:
    """Write another tax id down."""
    values = (value[:LONGEST], type, stripe_id, status, False, clock.now())
    await run_sql(_INSERT, new_id("ctax"), customer_id, *values)


async def change_held(held_id: str, value: str, type: str | None) -> None:
    """Put another tax id in the place of one: nothing that Stripe said of that holds any more."""
    await run_sql(_CHANGE, value, type, False, held_id)


async def drop_held(held_id: str) -> None:
    """Forget a tax id."""
    await run_sql("DELETE FROM customer_tax_id WHERE id = {}", held_id)


async def note_at_stripe(held_id: str, stripe_id: str, status: str) -> None:
    """Write down what a tax id is at Stripe, and what came of verifying it there."""
    await run_sql(
        "UPDATE customer_tax_id SET stripe_id = {}, status = {}, refused = {} WHERE id = {}",
        *(stripe_id, status[:20], False, held_id),
    )


async def note_exchanged(customer_id: str, there: BilledTaxId | None, ticket: int) -> None:
    """Write down what we have had at Stripe; no look from before this ticket tells of it."""
    await run_sql(_NOTE_TICKET, ticket, ticket, customer_id)
    for one in await held_tax_ids(customer_id):
        if there and one.signs == there.signs:
            await note_at_stripe(one.id, there.stripe_id, there.status)


async def note_refused(customer_id: str, value: str) -> None:
    """Flag a tax id that Stripe did not take, in both places: the customer's row is held first."""
    await run_sql(
        "UPDATE customer SET tax_id_refused = (tax_id_refused OR tax_id = {}) WHERE id = {}",
        *(value, customer_id),
    )
    await run_sql(
        "UPDATE customer_tax_id SET refused = {} WHERE customer = {} AND value = {}",
        *(True, customer_id, value),
    )


async def follow_form(customer_id: str, value: str, type: str | None) -> None:
    """Have the first be what a form said, whose answer stands in the customer's row already."""
    held = await held_tax_ids(customer_id)
    if not held:
        if value:
            await keep_tax_id(customer_id, value, type)
        return
    first, *others = held
    if value:
        for same in (one for one in others if one.signs == signs_of(type, value)):
            await drop_held(same.id)
        await change_held(first.id, value, type)
        return
    await drop_held(first.id)
    if others:
        await note_first(customer_id)


async def note_first(customer_id: str) -> None:
    """Write the first, or that there is none, into the customer's row, which has changed."""
    held = await held_tax_ids(customer_id)
    first = held[0] if held else HeldTaxId("", "", None, None, "", refused=False)
    type = first.type[:20] if first.type else None
    values = (first.value[:50], type, first.refused, clock.now(), customer_id)
    await run_sql(_NOTE_FIRST, *values)

"""A customer's own tax ids: add one, change one, take one away; each reaches Stripe by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.audit.record import record
from portal.billing.billed_customers import signs_of
from portal.customers.answers import FormRules, Reading, Typed, Wrong, read_tax_id
from portal.customers.directory import lock_customer
from portal.customers.held_tax_ids import (
    MOST,
    HeldTaxId,
    change_held,
    drop_held,
    held_tax_ids,
    keep_tax_id,
    note_first,
)
from portal.customers.params import tax_id_of
from portal.customers.tax_id import TaxId
from portal.customers.tax_ids_at_stripe import CHANGE_TAX_ID
from portal.customers.text import clean
from portal.customers.told import UPDATED, tell_of
from portal.customers.wording import COUNTRY_INVALID
from portal.database import transaction
from portal.errors import InvalidDetails, Problem
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.operations.wake import wake

_MISSING = Problem("tax_id_missing", "Enter a tax ID.")
_KNOWN = Problem("tax_id_known", "You have this tax ID already.")
_TOO_MANY = Problem("tax_ids_too_many", "You can have five tax IDs. Remove one of them first.")


def read_own_tax_id(typed: Typed, rules: FormRules) -> TaxId:
    """Read the form: a tax id, and the country that gave it.

    Raises:
        InvalidDetails: what is wrong, at its field.
    """
    text, reading = clean(typed.get("tax_id")), Reading(typed, rules)
    if not reading.country:
        raise InvalidDetails({"country": COUNTRY_INVALID})
    if not text:
        raise InvalidDetails({"tax_id": _MISSING})
    try:
        return read_tax_id(text, reading)
    except Wrong as wrong:
        raise InvalidDetails(dict(wrong.problems)) from None


async def save_tax_id(
    customer_id: str, company: str, wanted: TaxId, instead_of: str = "", *, actor: str = "customer"
) -> None:
    """Add a tax id, or put it in the place of one of theirs, here and at Stripe.

    Safe to repeat: one that they have already is sent once more if Stripe refused it, and else
    nothing happens.

    Raises:
        InvalidDetails: they have five already, or this one beside the one to be changed.
    """
    async with transaction():
        await lock_customer(customer_id)
        held = await held_tax_ids(customer_id)
        signs = signs_of(wanted.type, wanted.value)
        former = next((one for one in held if one.id == instead_of), None)
        same = next((one for one in held if one.signs == signs), None)
        if same and former and same is not former:
            raise InvalidDetails({"tax_id": _KNOWN})
        if same and not same.refused:
            return
        former = former or same
        if former is None and len(held) >= MOST:
            raise InvalidDetails({"tax_id": _TOO_MANY})
        if former:
            await change_held(former.id, wanted.value, wanted.type)
        else:
            await keep_tax_id(customer_id, wanted.value, wanted.type)
        await _owe(customer_id, company, tax_id_of(wanted.value, wanted.type), former)
        await _write_down(customer_id, company, actor)
    wake()


async def remove_tax_id(
    customer_id: str, company: str, held_id: str, *, actor: str = "customer"
) -> None:
    """Take one of their tax ids away, here and at Stripe. Safe to repeat."""
    async with transaction():
        await lock_customer(customer_id)
        held = await held_tax_ids(customer_id)
        gone = next((one for one in held if one.id == held_id), None)
        if gone is None:
            return
        await drop_held(gone.id)
        await _owe(customer_id, company, None, gone)
        await _write_down(customer_id, company, actor)
    wake()


async def put_tax_ids(customer_id: str, company: str, wanted: Sequence[TaxId]) -> bool:
    """Have these beside the first, and no others; False: so it is already.

    Call it in a transaction that holds them; then write it down, and wake the worker.

    Raises:
        InvalidDetails: they would be more than Stripe keeps.
    """
    held = await held_tax_ids(customer_id)
    left = {one.signs: one for one in held[1:]}
    new = [one for one in wanted if left.pop(signs_of(one.type, one.value), None) is None]
    if len(wanted) + len(held[:1]) > MOST:
        raise InvalidDetails({"tax_ids": _TOO_MANY})
    for gone in left.values():
        await drop_held(gone.id)
        await _owe(customer_id, company, None, gone)
    for one in new:
        await keep_tax_id(customer_id, one.value, one.type)
        await _owe(customer_id, company, tax_id_of(one.value, one.type), None)
    return bool(left or new)


async def _owe(
    customer_id: str, company: str, wanted: Mapping[str, str] | None, former: HeldTaxId | None
) -> None:
    """Owe Stripe the change, as far as it is one there."""
    params: dict[str, Any] = {"tax_id": wanted, "former": former.written if former else None}
    if any(params.values()):
        await enqueue(
            CHANGE_TAX_ID,
            company=company,
            lane=lane_of_customer(customer_id),
            params=params,
            customer=customer_id,
        )
    await note_first(customer_id)


async def _write_down(customer_id: str, company: str, actor: str) -> None:
    await record(
        "customer.details_changed",
        company=company,
        actor=actor,
        object_id=customer_id,
        fields=("tax_id",),
    )
    await tell_of(UPDATED, customer_id, company=company)

"""Where things are sent to, when that is not where bills are for."""

from __future__ import annotations

from dataclasses import dataclass

from portal import clock
from portal.audit.record import record
from portal.customers.address import Address
from portal.customers.answers import FormRules, Reading, Typed, Wrong, read_address
from portal.customers.at_stripe import UPDATE_CUSTOMER
from portal.customers.directory import lock_customer
from portal.customers.params import LONGEST_NAME, address_params
from portal.customers.tables import ShippingAddress
from portal.customers.text import clean, has_hidden
from portal.database import run_sql, transaction
from portal.errors import InvalidDetails, Problem
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.operations.wake import wake

_LONGEST = 200
_PARTS = tuple(Address.__dataclass_fields__)
_MISSING = Problem("recipient_missing", "Enter the name of whoever receives it.")
_TOO_LONG = Problem("recipient_too_long", "Shorten the name to 200 characters.")
_HIDDEN = Problem("recipient_invalid", "Enter the name without hidden characters.")


@dataclass(frozen=True, slots=True)
class Shipping:
    """Who receives it, and where."""

    recipient: str
    address: Address


async def shipping_of(customer_id: str) -> Shipping | None:
    """Return where things are sent to; None: where bills are for."""
    rows = await ShippingAddress.select().where(ShippingAddress.customer == customer_id)
    if not rows:
        return None
    return Shipping(rows[0]["recipient"], Address(**{part: rows[0][part] for part in _PARTS}))


def read_shipping(typed: Typed, rules: FormRules) -> Shipping:
    """Read the form.

    Raises:
        InvalidDetails: every problem at once, in the order of the form.
    """
    recipient = clean(typed.get("recipient"))
    problem = None if recipient else _MISSING
    if len(recipient) > _LONGEST:
        problem = _TOO_LONG
    elif has_hidden(recipient):
        problem = _HIDDEN
    problems = {"recipient": problem} if problem else {}
    try:
        address = read_address(typed, Reading(typed, rules))
    except Wrong as wrong:
        raise InvalidDetails(problems | dict(wrong.problems)) from None
    if problems:
        raise InvalidDetails(problems)
    return Shipping(recipient, address)


async def change_shipping(customer_id: str, company: str, wanted: Shipping | None) -> bool:
    """Send things there from now on; None: where bills are for. Safe to repeat.

    Returns:
        Whether it is another than before.
    """
    async with transaction():
        customer = await lock_customer(customer_id)
        if await shipping_of(customer_id) == wanted and customer.refused_field != "shipping":
            return False
        await run_sql("DELETE FROM shipping_address WHERE customer = {}", customer_id)
        if wanted:
            await _write(customer_id, wanted)
        await enqueue(
            UPDATE_CUSTOMER,
            company=company,
            lane=lane_of_customer(customer_id),
            params={"shipping": _params(wanted)},
            customer=customer_id,
        )
        await record(
            "customer.shipping_changed",
            company=company,
            actor="customer",
            object_id=customer_id,
            fields=("shipping",),
        )
    wake()
    return True


async def _write(customer_id: str, wanted: Shipping) -> None:
    row = ShippingAddress(
        customer=customer_id,
        recipient=wanted.recipient,
        updated_at=clock.now(),
        **{part: getattr(wanted.address, part) for part in _PARTS},
    )
    await ShippingAddress.insert(row)


def _params(wanted: Shipping | None) -> dict[str, object] | str:
    """Return it as Stripe takes it; empty takes it away."""
    if wanted is None:
        return ""
    return {"name": wanted.recipient[:LONGEST_NAME], "address": address_params(wanted.address)}

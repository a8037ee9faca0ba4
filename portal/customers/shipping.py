"""Where things are sent to, when that is not where bills are for."""

from __future__ import annotations

from dataclasses import dataclass

from portal import clock
from portal.audit.record import record
from portal.customers.address import Address
from portal.customers.answers import FormRules, Reading, Typed, Wrong, read_address
from portal.customers.at_stripe import UPDATE_CUSTOMER
from portal.customers.directory import lock_customer
from portal.customers.params import LONGEST_NAME, LONGEST_PHONE, address_params
from portal.customers.tables import Customer, ShippingAddress
from portal.customers.text import clean, has_hidden
from portal.customers.told import UPDATED, tell_of
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
    """Who receives it, and where; perhaps their phone number."""

    recipient: str
    address: Address
    phone: str = ""


async def shipping_of(customer_id: str) -> Shipping | None:
    """Return where things are sent to; None: where bills are for."""
    rows = await ShippingAddress.select().where(ShippingAddress.customer == customer_id)
    if not rows:
        return None
    address = Address(**{part: rows[0][part] for part in _PARTS})
    return Shipping(rows[0]["recipient"], address, rows[0]["phone"])


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


async def change_shipping(
    customer_id: str, company: str, wanted: Shipping | None, *, actor: str = "customer"
) -> bool:
    """Send things there from now on; None: where bills are for. Safe to repeat.

    Returns:
        Whether it is another than before.
    """
    async with transaction():
        if not await put_shipping(await lock_customer(customer_id), wanted):
            return False
        await record(
            "customer.shipping_changed",
            company=company,
            actor=actor,
            object_id=customer_id,
            fields=("shipping",),
        )
        await tell_of(UPDATED, customer_id, company=company)
    wake()
    return True


async def put_shipping(customer: Customer, wanted: Shipping | None) -> bool:
    """Change it and owe Stripe the same, in a transaction that holds them; False: it is as it was.

    Whoever calls it writes it down and wakes the worker.
    """
    customer_id = str(customer.id)
    if await shipping_of(customer_id) == wanted and customer.refused_field != "shipping":
        return False
    await run_sql("DELETE FROM shipping_address WHERE customer = {}", customer_id)
    if wanted:
        await keep_shipping(customer_id, wanted)
    await enqueue(
        UPDATE_CUSTOMER,
        company=str(customer.company),
        lane=lane_of_customer(customer_id),
        params={"shipping": shipping_params(wanted)},
        customer=customer_id,
    )
    return True


async def keep_shipping(customer_id: str, wanted: Shipping) -> None:
    """Write it down of somebody who had none, in a transaction that holds them."""
    row = ShippingAddress(
        customer=customer_id,
        recipient=wanted.recipient,
        phone=wanted.phone,
        updated_at=clock.now(),
        **{part: getattr(wanted.address, part) for part in _PARTS},
    )
    await ShippingAddress.insert(row)


def shipping_params(wanted: Shipping | None) -> dict[str, object] | str:
    """Return it as Stripe takes it; empty takes it away."""
    if wanted is None:
        return ""
    phone = wanted.phone if len(wanted.phone) <= LONGEST_PHONE else ""
    named: dict[str, object] = {"name": wanted.recipient[:LONGEST_NAME]}
    named |= {"phone": phone} if phone else {}
    return named | {"address": address_params(wanted.address)}

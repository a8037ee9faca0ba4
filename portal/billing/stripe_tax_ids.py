"""The tax ids of a customer at Stripe. Every call is safe to repeat under its key."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from portal.billing import stripe_words as words
from portal.billing.billed_customers import BilledTaxId, signs_of
from portal.errors import Refused

if TYPE_CHECKING:
    from stripe.params import CustomerTaxIdCreateParams

    from portal.billing.stripe_wire import StripeWire

_PAGE = 100

Written = Mapping[str, str]
"""A tax id as Stripe takes it: its type and its value."""


async def leave_tax_id(
    wire: StripeWire,
    stripe_id: str,
    wanted: Written | None,
    *,
    beside: Iterable[Written] = (),
    key: str,
) -> BilledTaxId | None:
    """Leave a customer with this tax id alone, or with none, and with those beside it."""
    held = await _held(wire, stripe_id)
    kept = {_signs(one) for one in (*([wanted] if wanted else ()), *beside)}
    gone = []
    for one in held:
        if one.signs in kept:
            kept.discard(one.signs)
        else:
            gone.append(one)
    await _remove(wire, stripe_id, gone)
    return await _have(wire, stripe_id, held, wanted, key)


async def exchange_tax_id(
    wire: StripeWire, stripe_id: str, wanted: Written | None, former: Written | None, *, key: str
) -> BilledTaxId | None:
    """Add a tax id, or take one away, or put one in another's place; all others stay.

    The former goes first: Stripe keeps only so many.
    """
    held = await _held(wire, stripe_id)
    if former and not (wanted and _signs(wanted) == _signs(former)):
        await _remove(wire, stripe_id, [one for one in held if one.signs == _signs(former)])
    return await _have(wire, stripe_id, held, wanted, key)


async def _held(wire: StripeWire, stripe_id: str) -> list[BilledTaxId]:
    listing = wire.v1.customers.tax_ids.list_async(stripe_id, {"limit": _PAGE})
    found = await wire.ask(listing)
    return [words.tax_id_of(one) for one in found.data]


async def _remove(wire: StripeWire, stripe_id: str, gone: Iterable[BilledTaxId]) -> None:
    for one in gone:
        await _let_go(wire, wire.v1.customers.tax_ids.delete_async(stripe_id, one.stripe_id))


async def _have(
    wire: StripeWire,
    stripe_id: str,
    held: Iterable[BilledTaxId],
    wanted: Written | None,
    key: str,
) -> BilledTaxId | None:
    if wanted is None:
        return None
    there = next((one for one in held if one.signs == _signs(wanted)), None)
    if there:
        return there
    params = cast("CustomerTaxIdCreateParams", dict(wanted))
    creating = wire.v1.customers.tax_ids.create_async(stripe_id, params, {"idempotency_key": key})
    return words.tax_id_of(await wire.ask(creating))


async def _let_go(wire: StripeWire, deleting: Awaitable[Any]) -> None:
    try:
        await wire.ask(deleting)
    except Refused as refusal:
        # Somebody else was faster.
        if refusal.reason != "resource_missing":
            raise


def _signs(written: Written) -> tuple[str, str]:
    return signs_of(written["type"], written["value"])

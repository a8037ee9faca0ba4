"""The tax ids of a customer at Stripe."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any, cast

from portal.errors import Refused

if TYPE_CHECKING:
    from stripe.params import CustomerTaxIdCreateParams

    from portal.billing.stripe_wire import StripeWire

_PAGE = 100


async def leave_tax_id(
    wire: StripeWire, stripe_id: str, wanted: Mapping[str, str] | None, *, key: str
) -> None:
    """Leave a customer with this tax id (type and value) alone, or with none; safe to repeat."""
    tax_ids = wire.v1.customers.tax_ids
    found = await wire.ask(tax_ids.list_async(stripe_id, {"limit": _PAGE}))
    is_there = False
    for held in found.data:
        if not is_there and wanted and _is_same(held, wanted):
            is_there = True
        else:
            await _let_go(wire, tax_ids.delete_async(stripe_id, held.id))
    if wanted and not is_there:
        params = cast("CustomerTaxIdCreateParams", dict(wanted))
        await wire.ask(tax_ids.create_async(stripe_id, params, {"idempotency_key": key}))


async def _let_go(wire: StripeWire, deleting: Awaitable[Any]) -> None:
    try:
        await wire.ask(deleting)
    except Refused as refusal:
        # Somebody else was faster.
        if refusal.reason != "resource_missing":
            raise


def _is_same(held: Any, wanted: Mapping[str, str]) -> bool:
    """Compare tax ids, however they are written."""
    return bool(held.type == wanted["type"] and _signs(held.value) == _signs(wanted["value"]))


def _signs(value: str) -> str:
    return "".join(sign for sign in value.upper() if sign.isalnum())

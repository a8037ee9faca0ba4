"""What a key may do at Stripe, found out without making or changing anything there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from portal.billing.gateway import REQUEST_S
from portal.billing.skew import measured
from portal.billing.stripe_wire import StripeWire
from portal.errors import KeyRejected, Refused

# A look at, or a change of, what cannot exist: whoever may hears "no such customer".
_NOBODY = "cus_portaldoctor"
_READ: Mapping[str, tuple[str, ...]] = {
    "customers": ("customers",),
    "payment methods": ("customers", _NOBODY, "payment_methods"),
    "tax ids": ("customers", _NOBODY, "tax_ids"),
    "subscriptions": ("subscriptions",),
    "products": ("products",),
    "prices": ("prices",),
    "coupons": ("coupons",),
    "promotion codes": ("promotion_codes",),
    "invoices": ("invoices",),
    "credit notes": ("credit_notes",),
    "events": ("events",),
}
_WRITE: Mapping[str, tuple[tuple[str, ...], Mapping[str, Any]]] = {
    "customers": (("customers", _NOBODY), {"metadata": {"doctor": "1"}}),
    "tax ids": (("customers", _NOBODY, "tax_ids"), {"type": "eu_vat", "value": "DE123456789"}),
    "subscriptions": (("subscriptions", "sub_portaldoctor"), {"metadata": {"doctor": "1"}}),
    "subscription schedules": (("subscription_schedules", "sub_sched_portaldoctor"), {}),
    "invoices": (("invoices", "in_portaldoctor", "pay"), {}),
    "refunds": (("refunds",), {"charge": "ch_portaldoctor"}),
    "billing portal sessions": (("billing_portal", "sessions"), {"customer": _NOBODY}),
}


@dataclass(frozen=True, slots=True)
class Probed:
    """What a key may not do, whose it is (None: it may not say), and how far our clock is ahead."""

    may_not: tuple[str, ...]
    account: str | None
    ahead: timedelta | None


@dataclass(frozen=True, slots=True)
class EndpointThere:
    """A webhook endpoint as Stripe has it."""

    enabled: bool
    url: str
    events: tuple[str, ...]


async def probe(gateway: StripeWire) -> Probed:
    """Try what we need of a key.

    Raises:
        KeyRejected: it may do nothing at all.
        EffectError: Stripe does not answer.
    """
    reads = await asyncio.gather(*(_may_read(gateway, path) for path in _READ.values()))
    if not any(reads):
        await gateway.get("customers", within_s=REQUEST_S)
    writes = [(what, await _may_write(gateway, *tried)) for what, tried in _WRITE.items()]
    may_not = [f"read {what}" for what, may in zip(_READ, reads, strict=True) if not may]
    may_not += [f"write {what}" for what, may in writes if not may]
    return Probed(tuple(may_not), await _account(gateway), await _ahead(gateway))


async def find_endpoint_there(gateway: StripeWire, stripe_id: str) -> EndpointThere | None:
    """Read a webhook endpoint; None when Stripe has none of this id.

    Raises:
        KeyRejected: the key may not read endpoints.
        EffectError: Stripe does not answer.
    """
    try:
        found = await gateway.get("webhook_endpoints", stripe_id, within_s=REQUEST_S)
    except Refused:
        return None
    return EndpointThere(
        enabled=found["status"] == "enabled",
        url=str(found["url"]),
        events=tuple(found["enabled_events"]),
    )


async def lets_email_change(gateway: StripeWire, configuration: str) -> bool | None:
    """Tell whether customers may change their e-mail in the billing portal; None: it is gone.

    Raises:
        KeyRejected: the key may not read configurations.
        EffectError: Stripe does not answer.
    """
    listed = await gateway.get("billing_portal", "configurations", within_s=REQUEST_S)
    for found in listed["data"]:
        if found["id"] == configuration:
            update = found["features"]["customer_update"]
            return bool(update["enabled"]) and "email" in update["allowed_updates"]
    return None


async def _may_read(gateway: StripeWire, path: tuple[str, ...]) -> bool:
    try:
        await gateway.get(*path, within_s=REQUEST_S)
    except KeyRejected:
        return False
    except Refused:
        return True
    return True


async def _may_write(gateway: StripeWire, path: tuple[str, ...], params: Mapping[str, Any]) -> bool:
    try:
        await gateway.post(*path, params=params, within_s=REQUEST_S)
    except KeyRejected:
        return False
    except Refused:
        return True
    return True


async def _account(gateway: StripeWire) -> str | None:
    try:
        return str((await gateway.get("account", within_s=REQUEST_S))["id"])
    except KeyRejected:
        return None


async def _ahead(gateway: StripeWire) -> timedelta | None:
    """Compare our clock with Stripe's, as its answers tell it: whole seconds."""
    listing = gateway.v1.prices.list_async({"limit": 1})
    began = time.monotonic()
    try:
        answer = await gateway.ask(listing, REQUEST_S)
    except KeyRejected:
        return None
    told = (answer.last_response.headers if answer.last_response else {}).get("Date")
    return measured(told, time.monotonic() - began) if told else None

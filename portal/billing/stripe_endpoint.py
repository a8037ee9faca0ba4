"""The endpoint at Stripe through which a company's events reach us.

Safe to repeat, and nothing is deleted: an endpoint that cannot be used any more is switched off.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from portal.billing.billed import Webhook
from portal.billing.stripe_events import NEEDED_EVENTS
from portal.billing.stripe_sdk import stripe
from portal.billing.stripe_setup import PAGE, is_marked
from portal.billing.stripe_wire import StripeWire, typed

_STRIPE = "https://api.stripe.com"


async def ensure_webhook(
    gateway: StripeWire, *, company_key: str, url: str, known: str | None, has_secret: bool
) -> Webhook:
    """Have an endpoint for events, and return it, with its secret when it was made now.

    Stripe tells a secret once: an endpoint whose secret we lack is switched off, and replaced.
    """
    mark = {"portal_company": company_key}
    endpoints = gateway.v1.webhook_endpoints

    def is_ours(endpoint: Any) -> bool:
        if endpoint.id == known:
            return True
        return _is_on(endpoint) and is_marked(endpoint, mark)

    found = await gateway.first(endpoints.list_async({"limit": PAGE}), is_ours)
    wanted: dict[str, Any] = {"url": url, "enabled_events": list(NEEDED_EVENTS), "metadata": mark}
    if found is not None and has_secret and found.id == known:
        if not _is_on(found) or found.url != url or set(found.enabled_events) != set(NEEDED_EVENTS):
            wanted["disabled"] = False
            await gateway.ask(endpoints.update_async(found.id, typed(wanted)))
        return Webhook(found.id, None)
    wanted["api_version"] = stripe.api_version
    # Without an idempotency key of ours: a saved answer would be one whose secret was lost.
    made = await gateway.ask(endpoints.create_async(typed(wanted)))
    if found is not None:
        await gateway.ask(endpoints.update_async(found.id, {"disabled": True}))
    return Webhook(gateway.own(made).id, made.secret)


def can_reach_us(url: str, api: str) -> bool:
    """Tell whether Stripe can deliver to this address; the local Stripe can deliver to any."""
    if api != _STRIPE:
        return True
    there = urlsplit(url)
    host = there.hostname or ""
    if there.scheme != "https" or host == "localhost" or host.endswith((".localhost", ".local")):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host


def _is_on(endpoint: Any) -> bool:
    return bool(endpoint.status == "enabled")

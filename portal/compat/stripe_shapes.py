"""How document 004 shows customers: Stripe's own object, without what only we note on it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from portal.customers.metadata import MARKS, as_text, at_stripe
from portal.customers.params import NORTHERN_IRELAND

Object = dict[str, Any]


class StripeCustomer(BaseModel):
    """A customer as Stripe tells of them; of a deleted one only that."""

    model_config = ConfigDict(extra="allow")

    id: str
    object: Literal["customer"]
    deleted: bool | None = None
    created: int | None = None
    email: str | None = None
    livemode: bool | None = None
    metadata: dict[str, str] | None = None
    name: str | None = None
    phone: str | None = None


class StripeCustomers(BaseModel):
    """A page of customers."""

    object: Literal["list"]
    url: str
    has_more: bool
    data: list[StripeCustomer]


_ADDRESS = "/v1/customers"
_NONE: Mapping[str, Any] = {}


def customer_object(
    told: str,
    *,
    phone: str,
    created: int,
    metadata: Mapping[str, Any] = _NONE,
    opened: Collection[str] = (),
    held: Sequence[Object] = (),
) -> Object:
    """Return a customer as Stripe last told of them: `opened` names what `expand` asks for.

    Their phone number is as they wrote it, and of our `metadata` what Stripe has no room for is
    told beside what it has: Stripe is given only what it takes. `created` is when they came to us,
    by which they are listed. `held` are their subscriptions, as far as our copies tell of them.
    """
    seen: Object = json.loads(told)
    marked: Mapping[str, str] = seen.get("metadata") or {}
    seen["metadata"] = _metadata(marked, metadata)
    if marked.get("region") == NORTHERN_IRELAND and seen.get("address"):
        seen["address"] = {**seen["address"], "country": NORTHERN_IRELAND}
    seen["phone"] = phone or seen.get("phone")
    seen |= {"default_source": None, "discount": seen.get("discount"), "created": created}
    tax_ids = seen.pop("tax_ids", None)
    if "tax_ids" in opened:
        seen["tax_ids"] = tax_ids or _list_of([], f"{_ADDRESS}/{seen['id']}/tax_ids")
    if "subscriptions" in opened:
        seen["subscriptions"] = _list_of(held, f"{_ADDRESS}/{seen['id']}/subscriptions")
    return seen


def _metadata(there: Mapping[str, str], ours: Mapping[str, Any]) -> dict[str, str]:
    """Return what Stripe has without our own marks, and what it was not given for want of room."""
    shown = {name: text for name, text in there.items() if name not in MARKS}
    given = at_stripe(ours)
    left = {name: value for name, value in ours.items() if name not in given and name not in MARKS}
    return shown | {name: as_text(value) for name, value in left.items()}


def subscription_object(stripe_id: str, customer: str, status: str, currency: str) -> Object:
    """Return what our copy tells of a subscription."""
    return {
        "id": stripe_id,
        "object": "subscription",
        "customer": customer,
        "status": status,
        "currency": currency,
    }


def tombstone(stripe_id: str) -> Object:
    """Return what is left of a deleted customer."""
    return {"id": stripe_id, "object": "customer", "deleted": True}


def customer_list(found: Sequence[Object], *, has_more: bool) -> Object:
    """Return one page of customers; its url is the one that Stripe's client goes on from."""
    return _list_of(found, _ADDRESS, has_more=has_more)


def _list_of(found: Sequence[Object], url: str, *, has_more: bool = False) -> Object:
    return {"object": "list", "url": url, "has_more": has_more, "data": list(found)}

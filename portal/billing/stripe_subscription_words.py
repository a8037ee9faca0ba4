"""Stripe's subscriptions, read into our words: what they are made of, and what is taken off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from portal.billing.billed import (
    BilledDiscount,
    BilledInvoice,
    BilledItem,
    BilledSubscription,
    PlannedPrice,
)
from portal.billing.stripe_discount_words import amounts_off
from portal.billing.stripe_words import id_of, metadata_of, moment_of, time_of, told

EXPAND_SUBSCRIPTION = [
    "latest_invoice",
    "schedule",
    "discounts.source.coupon.applies_to",
    "discounts.source.coupon.currency_options",
]
# One level less than above: Stripe follows four, and a list's "data" is one of them.
EXPAND_SUBSCRIPTIONS = [
    "data.latest_invoice",
    "data.schedule",
    "data.discounts.source.coupon",
]


def subscription_of(found: Any) -> BilledSubscription:
    """Read a subscription. An invoice we must not collect (it is sent, not charged) is left out."""
    held = _plan_first(found["items"]["data"])
    item = held[0]
    price = item["price"]
    items = tuple(map(_item, held))
    charged = told(found, "collection_method") != "send_invoice"
    schedule = told(found, "schedule")
    return BilledSubscription(
        stripe_id=found["id"],
        customer_stripe_id=id_of(found["customer"]),
        status=found["status"],
        price_stripe_id=price["id"],
        amount=sum(map(_amount, items)),
        currency=found["currency"],
        interval=price["recurring"]["interval"],
        trial_ends_at=time_of(told(found, "trial_end")),
        period_ends_at=time_of(told(item, "current_period_end")),
        cancel_at_period_end=bool(told(found, "cancel_at_period_end")),
        cancel_at=time_of(told(found, "cancel_at")),
        ended_at=time_of(told(found, "ended_at")),
        started_at=time_of(told(found, "start_date")),
        invoice=invoice_of(told(found, "latest_invoice"), found["currency"]) if charged else None,
        discounts=tuple(_discounts(found, held)),
        tax_added=_is_tax_added(found, price),
        metadata=metadata_of(found),
        livemode=found["livemode"],
        items=items,
        collection_paused=bool(told(found, "pause_collection")),
        schedule=id_of(schedule) if schedule else None,
        planned=planned_in(schedule),
        period_starts_at=time_of(told(item, "current_period_start")),
    )


def _plan_first(items: list[Any]) -> list[Any]:
    """Put what is no add-on first: Stripe promises no order."""
    return sorted(items, key=lambda item: "portal_add_on" in metadata_of(item["price"]))


def planned_in(schedule: Any) -> PlannedPrice | None:
    """Read the price that an expanded schedule brings next; None where it brings no other."""
    present = None if not schedule or isinstance(schedule, str) else schedule["current_phase"]
    if present is None:
        return None
    for phase in schedule["phases"]:
        if phase["start_date"] >= present["end_date"] and phase["items"]:
            items = tuple(
                (id_of(one["price"]), told(one, "quantity") or None) for one in phase["items"]
            )
            return PlannedPrice(items[0][0], moment_of(phase["start_date"]), items)
    return None


def _item(item: Any) -> BilledItem:
    price = item["price"]
    meter = told(price["recurring"], "meter")
    quantity = None if meter else told(item, "quantity")
    return BilledItem(item["id"], price["id"], quantity, told(price, "unit_amount") or 0, meter)


def _amount(item: BilledItem) -> int:
    return 0 if item.meter else item.each * (item.quantity or 1)


def invoice_of(invoice: Any, currency: str) -> BilledInvoice | None:
    """Read an invoice, expanded or as its id."""
    if not invoice:
        return None
    if isinstance(invoice, str):
        return BilledInvoice(invoice, "", 0, currency)
    status, due = invoice["status"] or "", told(invoice, "amount_remaining") or 0
    tries, next_try_at = told(invoice, "attempt_count"), told(invoice, "next_payment_attempt")
    return BilledInvoice(
        invoice["id"], status, due, invoice["currency"], tries or 0, time_of(next_try_at)
    )


def _discounts(found: Any, items: list[Any]) -> Iterator[BilledDiscount]:
    """Read the discounts that Stripe told in full and that take something off these items."""
    for discount in told(found, "discounts") or ():
        coupon = None if isinstance(discount, str) else discount["source"]["coupon"]
        if coupon is None or isinstance(coupon, str):
            continue
        limit = told(coupon, "applies_to")
        covered = [
            item
            for item in items
            if limit is None or id_of(item["price"]["product"]) in limit["products"]
        ]
        if not covered:
            continue
        amount_off = amounts_off(coupon).get(found["currency"])
        if coupon["percent_off"] is None and amount_off is None:
            continue
        yield BilledDiscount(
            percent_off=coupon["percent_off"],
            amount_off=amount_off,
            duration=coupon["duration"],
            ends_at=time_of(discount["end"]),
            covers=None if len(covered) == len(items) else sum(_amount(_item(i)) for i in covered),
        )


def _is_tax_added(found: Any, price: Any) -> bool:
    """Tell whether tax comes on top of the price, as far as the subscription says."""
    if found["automatic_tax"]["enabled"]:
        return bool(told(price, "tax_behavior") != "inclusive")
    return any(not rate["inclusive"] for rate in told(found, "default_tax_rates") or ())

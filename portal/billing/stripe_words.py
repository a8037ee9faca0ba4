"""Stripe's objects, read into our words.

An object is what JSON makes of an answer, or the SDK's own of it: both are asked by ["name"].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from portal.billing.billed import (
    BilledCard,
    BilledContact,
    BilledCustomer,
    BilledDiscount,
    BilledInvoice,
    BilledItem,
    BilledSubscription,
    BilledTaxId,
    Discount,
    PlannedPrice,
)

EXPAND_CUSTOMER = ["invoice_settings.default_payment_method", "tax_ids"]
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
EXPAND_COUPON = ["applies_to", "currency_options"]
UNDONE = ("failed", "canceled")
"""How a refund stands that came to nothing."""
EXPAND_PROMOTION_CODES = [
    "data.promotion.coupon.applies_to",
    "data.promotion.coupon.currency_options",
    "data.restrictions.currency_options",
]


def customer_of(found: Any) -> BilledCustomer:
    """Read a customer, expanded by EXPAND_CUSTOMER."""
    if _of(found, "deleted"):
        return BilledCustomer(found["id"], True, "", None, {}, False)
    settings = _of(found, "invoice_settings")
    return BilledCustomer(
        stripe_id=found["id"],
        deleted=False,
        email=_of(found, "email") or "",
        card=card_of(_of(settings or {}, "default_payment_method")),
        metadata=metadata_of(found),
        livemode=found["livemode"],
        contact=BilledContact(
            name=_of(found, "name") or "",
            business_name=_of(found, "business_name") or "",
            phone=_of(found, "phone") or "",
            address={part: text for part, text in _plain(_of(found, "address")).items() if text},
        ),
        tax_ids=_tax_ids(_of(found, "tax_ids")),
    )


def _tax_ids(listed: Any) -> tuple[BilledTaxId, ...] | None:
    """Turn Stripe's list round, which begins with the newest."""
    if not listed:
        return None
    return tuple(tax_id_of(one) for one in reversed(listed["data"]))


def tax_id_of(found: Any) -> BilledTaxId:
    """Read a tax id."""
    status = _of(_of(found, "verification") or {}, "status") or ""
    return BilledTaxId(found["id"], found["type"], found["value"], status)


def card_of(method: Any) -> BilledCard | None:
    """Read a payment method, expanded or as its id."""
    if not method:
        return None
    if isinstance(method, str):
        return BilledCard(method, kind="")
    card = _of(method, "card")
    if card is None:
        return BilledCard(method["id"], kind=method["type"])
    named = card["brand"] or "", card["last4"] or ""
    return BilledCard(method["id"], "card", *named, card["exp_month"], card["exp_year"])


def subscription_of(found: Any) -> BilledSubscription:
    """Read a subscription. An invoice we must not collect (it is sent, not charged) is left out."""
    held = _plan_first(found["items"]["data"])
    item = held[0]
    price = item["price"]
    items = tuple(map(_item, held))
    charged = _of(found, "collection_method") != "send_invoice"
    schedule = _of(found, "schedule")
    return BilledSubscription(
        stripe_id=found["id"],
        customer_stripe_id=id_of(found["customer"]),
        status=found["status"],
        price_stripe_id=price["id"],
        amount=sum(map(_amount, items)),
        currency=found["currency"],
        interval=price["recurring"]["interval"],
        trial_ends_at=time_of(_of(found, "trial_end")),
        period_ends_at=time_of(_of(item, "current_period_end")),
        cancel_at_period_end=bool(_of(found, "cancel_at_period_end")),
        cancel_at=time_of(_of(found, "cancel_at")),
        ended_at=time_of(_of(found, "ended_at")),
        started_at=time_of(_of(found, "start_date")),
        invoice=invoice_of(_of(found, "latest_invoice"), found["currency"]) if charged else None,
        discounts=tuple(_discounts(found, held)),
        tax_added=_is_tax_added(found, price),
        metadata=metadata_of(found),
        livemode=found["livemode"],
        items=items,
        collection_paused=bool(_of(found, "pause_collection")),
        schedule=id_of(schedule) if schedule else None,
        planned=planned_in(schedule),
        period_starts_at=time_of(_of(item, "current_period_start")),
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
        at = time_of(phase["start_date"])
        if phase["start_date"] >= present["end_date"] and phase["items"] and at:
            items = tuple(
                (id_of(one["price"]), _of(one, "quantity") or None) for one in phase["items"]
            )
            return PlannedPrice(items[0][0], at, items)
    return None


def _item(item: Any) -> BilledItem:
    price = item["price"]
    meter = _of(price["recurring"], "meter")
    quantity = None if meter else _of(item, "quantity")
    return BilledItem(item["id"], price["id"], quantity, _of(price, "unit_amount") or 0, meter)


def _amount(item: BilledItem) -> int:
    return 0 if item.meter else item.each * (item.quantity or 1)


def invoice_of(invoice: Any, currency: str) -> BilledInvoice | None:
    """Read an invoice, expanded or as its id."""
    if not invoice:
        return None
    if isinstance(invoice, str):
        return BilledInvoice(invoice, "", 0, currency)
    status, due = invoice["status"] or "", _of(invoice, "amount_remaining") or 0
    tries, next_try_at = (
        _of(invoice, "attempt_count"),
        time_of(_of(invoice, "next_payment_attempt")),
    )
    return BilledInvoice(invoice["id"], status, due, invoice["currency"], tries or 0, next_try_at)


def _discounts(found: Any, items: list[Any]) -> Iterator[BilledDiscount]:
    """Read the discounts that Stripe told in full and that take something off these items."""
    for discount in _of(found, "discounts") or ():
        coupon = None if isinstance(discount, str) else discount["source"]["coupon"]
        if coupon is None or isinstance(coupon, str):
            continue
        limit = _of(coupon, "applies_to")
        covered = [
            item
            for item in items
            if limit is None or id_of(item["price"]["product"]) in limit["products"]
        ]
        if not covered:
            continue
        amount_off = _amounts_off(coupon).get(found["currency"])
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
        return bool(_of(price, "tax_behavior") != "inclusive")
    return any(not rate["inclusive"] for rate in _of(found, "default_tax_rates") or ())


def promotion_of(found: Any) -> Discount:
    """Read a promotion code, expanded by EXPAND_PROMOTION_CODES."""
    rules = found["restrictions"]
    options = _plain(_of(rules, "currency_options"))
    minimums = {currency: option["minimum_amount"] for currency, option in options.items()}
    if _of(rules, "minimum_amount"):
        minimums[rules["minimum_amount_currency"]] = rules["minimum_amount"]
    coupon = found["promotion"]["coupon"]
    discount = discount_of(found["code"], "promotion_code", found["id"], coupon)
    return replace(discount, minimums=minimums)


def discount_of(code: str, kind: str, stripe_id: str, coupon: Any) -> Discount:
    """Read a coupon, expanded by EXPAND_COUPON, under the code that led to it."""
    limit = _of(coupon, "applies_to")
    return Discount(
        code=code,
        kind=kind,
        stripe_id=stripe_id,
        percent_off=_of(coupon, "percent_off"),
        amount_off=_of(coupon, "amount_off"),
        currency=_of(coupon, "currency"),
        duration=coupon["duration"],
        months=_of(coupon, "duration_in_months"),
        products=tuple(limit["products"]) if limit else (),
        amounts_off=_amounts_off(coupon),
    )


def _amounts_off(coupon: Any) -> dict[str, int]:
    """Read the sums that a coupon takes off, by currency: its own, and what others were told."""
    options = _plain(_of(coupon, "currency_options"))
    amounts = {currency: option["amount_off"] for currency, option in options.items()}
    own = _of(coupon, "amount_off")
    return amounts if own is None else amounts | {coupon["currency"]: own}


def metadata_of(found: Any) -> Mapping[str, str]:
    """Read what was noted on an object."""
    return _plain(_of(found, "metadata"))


def id_of(found: Any) -> str:
    """Return the id of an object that may or may not be expanded."""
    return found if isinstance(found, str) else str(found["id"])


def time_of(seconds: int | None) -> datetime | None:
    """Read Stripe's time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _plain(found: Any) -> Mapping[str, Any]:
    """Return an object whose names are not Stripe's own, so that they can be gone through."""
    if found is None:
        return {}
    return found if isinstance(found, Mapping) else found.to_dict()


def _of(found: Any, name: str) -> Any:
    # An object of the SDK has no get().
    return found[name] if name in found else None  # noqa: SIM401

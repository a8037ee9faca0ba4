"""How our copies are written: the statements, each guarded by the ticket, and their values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from portal.billing.billed import BilledDiscount, BilledInvoice, BilledSubscription
from portal.billing.billed_customers import BilledCard, BilledCustomer
from portal.plans.discounts import after

# The outcome of our last try to pay is ours, not Stripe's: it holds for one invoice until paid.
KEEP_SUBSCRIPTION = """
INSERT INTO subscription (stripe_id, customer, price_stripe_id, status, currency, amount,
 "interval", trial_ends_at, period_ends_at, cancel_at_period_end, cancel_at, ended_at, started_at,
 invoice, invoice_status, amount_due, next_amount, lasting_amount, tax_added, collection_paused,
 schedule, planned_price, planned_at, items, planned_items, period_starts_at, ticket, fetched_at,
 payment)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
 {}, {}, {}, {}, {}, '')
ON CONFLICT (stripe_id) DO UPDATE SET
 price_stripe_id = excluded.price_stripe_id, status = excluded.status,
 currency = excluded.currency, amount = excluded.amount, "interval" = excluded."interval",
 trial_ends_at = excluded.trial_ends_at, period_ends_at = excluded.period_ends_at,
 cancel_at_period_end = excluded.cancel_at_period_end, cancel_at = excluded.cancel_at,
 ended_at = excluded.ended_at, started_at = excluded.started_at, invoice = excluded.invoice,
 invoice_status = excluded.invoice_status, amount_due = excluded.amount_due,
 next_amount = excluded.next_amount, lasting_amount = excluded.lasting_amount,
 tax_added = excluded.tax_added, collection_paused = excluded.collection_paused,
 schedule = excluded.schedule, planned_price = excluded.planned_price,
 planned_at = excluded.planned_at, items = excluded.items,
 planned_items = excluded.planned_items, period_starts_at = excluded.period_starts_at,
 ticket = excluded.ticket, fetched_at = excluded.fetched_at,
 payment = CASE WHEN excluded.invoice_status = 'open'
  AND COALESCE(subscription.invoice, '') = COALESCE(excluded.invoice, '')
  THEN subscription.payment ELSE '' END
WHERE subscription.ticket < excluded.ticket AND subscription.customer = excluded.customer
RETURNING stripe_id"""

CLOSE_SUBSCRIPTION = """
UPDATE subscription SET status = 'canceled', ended_at = COALESCE(ended_at, {}), ticket = {},
 fetched_at = {} WHERE stripe_id = {} AND ticket < {} RETURNING stripe_id"""

KEEP_PROFILE = """
INSERT INTO billing_profile (customer, stripe_id, deleted, billing_email, payment_method,
 card_brand, card_last4, card_exp_month, card_exp_year, details_hash, object, ticket, fetched_at)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
ON CONFLICT (customer) DO UPDATE SET
 stripe_id = excluded.stripe_id, deleted = excluded.deleted,
 billing_email = excluded.billing_email, payment_method = excluded.payment_method,
 card_brand = excluded.card_brand, card_last4 = excluded.card_last4,
 card_exp_month = excluded.card_exp_month, card_exp_year = excluded.card_exp_year,
 details_hash = excluded.details_hash, object = excluded.object,
 ticket = excluded.ticket, fetched_at = excluded.fetched_at
WHERE billing_profile.ticket < excluded.ticket
RETURNING customer"""

# With another payment method, what became of the former one says nothing any more.
FORGET_OUTCOMES = """
UPDATE subscription SET payment = '' WHERE customer = {} AND payment <> '' AND EXISTS
 (SELECT 1 FROM billing_profile AS known WHERE known.customer = {}
  AND COALESCE(known.payment_method, '') <> {} AND known.ticket < {})"""

DETACH_CUSTOMER = """
UPDATE customer SET status = 'detached', version = version + 1, updated_at = {}
WHERE id = {} AND status <> 'detached' RETURNING id"""


SUBSCRIPTION_COLUMNS = (
    "stripe_id", "customer", "price_stripe_id", "status", "currency", "amount", "interval",
    "trial_ends_at", "period_ends_at", "cancel_at_period_end", "cancel_at", "ended_at",
    "started_at", "invoice", "invoice_status", "amount_due", "next_amount", "lasting_amount",
    "tax_added", "collection_paused", "schedule", "planned_price", "planned_at",
    "items", "planned_items", "period_starts_at", "ticket", "fetched_at",
)  # fmt: skip
PROFILE_COLUMNS = (
    "customer", "stripe_id", "deleted", "billing_email", "payment_method", "card_brand",
    "card_last4", "card_exp_month", "card_exp_year", "details_hash", "object",
    "ticket", "fetched_at",
)  # fmt: skip


def subscription_values(
    customer_id: str, billed: BilledSubscription, ticket: int, now: datetime
) -> tuple[Any, ...]:
    """Return the values of KEEP_SUBSCRIPTION: of SUBSCRIPTION_COLUMNS, in their order."""
    invoice = billed.invoice or BilledInvoice("", "", 0, billed.currency)
    planned = billed.planned
    return (
        *(billed.stripe_id, customer_id, billed.price_stripe_id, billed.status, billed.currency),
        *(billed.amount, billed.interval, billed.trial_ends_at, billed.period_ends_at),
        *(billed.cancel_at_period_end, billed.cancel_at, billed.ended_at, billed.started_at),
        *(invoice.stripe_id or None, invoice.status, invoice.amount_due),
        *(next_amount(billed), lasting_amount(billed), billed.tax_added),
        *(billed.collection_paused, billed.schedule),
        *((planned.price_stripe_id, planned.at) if planned else ("", None)),
        *(written_items(billed), json.dumps(planned.items if planned else [])),
        billed.period_starts_at,
        *(ticket, now),
    )


def written_items(billed: BilledSubscription) -> str:
    """Write what a subscription is made of as our copy keeps it."""
    return json.dumps(
        [
            {
                "id": item.stripe_id,
                "price": item.price_stripe_id,
                "quantity": item.quantity,
                "meter": item.meter,
            }
            for item in billed.items
        ]
    )


def next_amount(billed: BilledSubscription) -> int:
    """Return the next charge, after the discounts that will still run when it is made.

    One that counts once is told only until it was used, so it counts here.
    """
    at = billed.period_ends_at
    running = [
        discount
        for discount in billed.discounts
        if at is None or discount.ends_at is None or discount.ends_at > at
    ]
    return after_all(running, billed.amount)


def lasting_amount(billed: BilledSubscription) -> int:
    """Return what a period costs once every discount that passes is over."""
    lasting = [discount for discount in billed.discounts if discount.duration == "forever"]
    return after_all(lasting, billed.amount)


def after_all(discounts: Iterable[BilledDiscount], amount: int) -> int:
    """Return an amount after one discount and then the next, each on what it is for."""
    for discount in discounts:
        part = amount if discount.covers is None else min(discount.covers, amount)
        amount += after(discount, part) - part
    return amount


def profile_values(
    customer_id: str, billed: BilledCustomer, ticket: int, now: datetime
) -> tuple[Any, ...]:
    """Return the values of KEEP_PROFILE: of PROFILE_COLUMNS, in their order."""
    card = billed.card or BilledCard("", "")
    return (
        *(customer_id, billed.stripe_id, billed.deleted, billed.email, card.stripe_id or None),
        *(card.brand, card.last4, card.exp_month, card.exp_year, details_hash(billed)),
        *(billed.object, ticket, now),
    )


def details_hash(billed: BilledCustomer) -> str:
    """Return what tells one state of a customer's details at Stripe from another, and no more."""
    if billed.contact is None:
        return ""
    who = billed.contact
    told = [billed.email, who.name, who.business_name, who.phone, sorted(who.address.items())]
    return sha256(json.dumps(told).encode()).hexdigest()

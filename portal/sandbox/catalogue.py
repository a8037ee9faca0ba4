"""All operations, brought in by their modules; and the parameter types worth reading at start."""

from __future__ import annotations

from portal.sandbox import (  # noqa: F401 - each brings in its operations
    accounts,
    balance_transactions,
    balances,
    billing_portal,
    checkout_sessions,
    clocks,
    coupons,
    credit_notes,
    customers,
    direct_payments,
    events,
    invoice_items,
    invoice_making,
    invoice_reading,
    invoices,
    meter_events,
    meters,
    payment_intents,
    payment_methods,
    portal_configurations,
    previews,
    prices,
    products,
    promotion_codes,
    refunds,
    resuming,
    schedules,
    searches,
    setup_intents,
    subscription_changes,
    subscription_item_calls,
    subscriptions,
    tax_ids,
    tax_rates,
    webhook_endpoints,
)

WARM = (
    "CustomerCreateParams",
    "SubscriptionCreateParams",
    "billing_portal.SessionCreateParams",
)
"""Read at start, so that the first sign-up does not wait for it."""

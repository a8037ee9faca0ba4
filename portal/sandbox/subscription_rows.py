"""A new subscription's row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata
from portal.sandbox.errors import missing
from portal.sandbox.periods import period_end
from portal.sandbox.rows import Row, copied, new_id
from portal.sandbox.subscription_reading import (
    anchor_of,
    automatic_tax,
    cancel_at_of,
    method_of,
    payment_settings,
    trial_end_of,
    trial_settings,
)
from portal.sandbox.tax_rates import rates_named


@dataclass(frozen=True, slots=True)
class Beginning:
    """When a subscription's first period is, and whether it is a trial or only a part."""

    now: int
    end: int
    anchor: int
    interval: tuple[str, int]
    trial_end: int | None
    first_share: str | None
    """`prorated` or `none`: the first period is cut short by the anchor; None: it is not."""


def new_subscription(
    account: Account, customer: Row, params: dict[str, Any], currency: str, price: Row
) -> Row:
    """Write a subscription down as its parameters want it; its items and first invoice follow."""
    begins = _beginning(params, account.now(), price)
    return {
        "id": new_id("sub"),
        "object": "subscription",
        **copied(_OF_NO_CONCERN),
        **_time(begins),
        **_end(params, begins),
        **_collection(account, customer, params),
        "automatic_tax": automatic_tax(params.get("automatic_tax")),
        "currency": currency,
        "customer": customer["id"],
        "description": params.get("description") or None,
        "discounts": [],
        "latest_invoice": None,
        "metadata": new_metadata(params),
        "pending_setup_intent": None,
        "schedule": None,
        "test_clock": customer["test_clock"],
        "trial_settings": trial_settings(params.get("trial_settings")),
        "_items": [],
        "_default_tax_rates": [
            rate["id"]
            for rate in rates_named(account, params.get("default_tax_rates"), "default_tax_rates")
        ],
    }


_OF_NO_CONCERN: Row = {
    "application": None,
    "application_fee_percent": None,
    "billing_cycle_anchor_config": None,
    "billing_mode": {"flexible": None, "type": "flexible"},
    "billing_schedules": [],
    "billing_thresholds": None,
    "customer_account": None,
    "default_source": None,
    "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
    "livemode": False,
    "next_pending_invoice_item_invoice": None,
    "on_behalf_of": None,
    "pending_invoice_item_interval": None,
    "pending_update": None,
    "transfer_data": None,
}


def _beginning(params: dict[str, Any], now: int, price: Row) -> Beginning:
    recurring = price["recurring"]
    interval = (recurring["interval"], recurring["interval_count"])
    trial_end = trial_end_of(params, now)
    chosen = anchor_of(params, now, interval)
    anchor = chosen or trial_end or now
    is_prorated = params.get("proration_behavior") != "none"
    return Beginning(
        now=now,
        end=chosen or trial_end or period_end(now, now, *interval),
        anchor=anchor,
        interval=interval,
        trial_end=trial_end,
        first_share=None if chosen is None else "prorated" if is_prorated else "none",
    )


def _time(begins: Beginning) -> Row:
    return {
        "billing_cycle_anchor": begins.anchor,
        "created": begins.now,
        "start_date": begins.now,
        "status": "trialing" if begins.trial_end else "incomplete",
        "trial_end": begins.trial_end,
        "trial_start": begins.now if begins.trial_end else None,
        "_first_share": begins.first_share,
        "_interval": begins.interval[0],
        "_interval_count": begins.interval[1],
        "_is_warned": False,
        "_period_end": begins.end,
        "_period_start": begins.now,
        "_told_upcoming": None,
    }


def _end(params: dict[str, Any], begins: Beginning) -> Row:
    is_planned = params.get("cancel_at_period_end", False)
    at = cancel_at_of(params.get("cancel_at"), begins.end, begins.now)
    return {
        "cancel_at": begins.end if is_planned else at,
        "cancel_at_period_end": is_planned,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "ended_at": None,
    }


def _collection(account: Account, customer: Row, params: dict[str, Any]) -> Row:
    if params.get("collection_method") == "send_invoice" and "days_until_due" not in params:
        raise missing("days_until_due")
    return {
        "collection_method": params.get("collection_method", "charge_automatically"),
        "days_until_due": params.get("days_until_due"),
        "default_payment_method": method_of(
            account, customer["id"], params.get("default_payment_method")
        ),
        "pause_collection": None,
        "payment_settings": payment_settings(params.get("payment_settings")),
    }

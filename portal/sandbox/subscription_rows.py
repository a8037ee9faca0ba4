"""A new subscription's row, and how its parameters are read."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account, Row, new_id
from portal.sandbox.changes import new_metadata
from portal.sandbox.errors import invalid, missing, refused
from portal.sandbox.lookup import named
from portal.sandbox.periods import DAY_S, period_end
from portal.sandbox.tax_rates import rates_named


def new_subscription(
    account: Account, customer: Row, params: dict[str, Any], currency: str, price: Row
) -> Row:
    """Write a subscription down as its parameters want it; its items and first invoice follow."""
    now = account.now()
    trial_end = trial_end_of(params, now)
    recurring = price["recurring"]
    start, anchor = now, trial_end or now
    interval, count = recurring["interval"], recurring["interval_count"]
    end = trial_end or period_end(anchor, start, interval, count)
    method = params.get("default_payment_method")
    if (
        method
        and named(account, "payment_method", method, "default_payment_method")["customer"]
        != customer["id"]
    ):
        raise refused(
            "The payment method is not attached to this customer.", "default_payment_method"
        )
    if params.get("collection_method") == "send_invoice" and "days_until_due" not in params:
        raise missing("days_until_due")
    row: Row = {
        "id": new_id("sub"),
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": automatic_tax(params.get("automatic_tax")),
        "billing_cycle_anchor": anchor,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "flexible"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": end
        if params.get("cancel_at_period_end")
        else cancel_at_of(params.get("cancel_at"), end, now),
        "cancel_at_period_end": params.get("cancel_at_period_end", False),
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": params.get("collection_method", "charge_automatically"),
        "created": now,
        "currency": currency,
        "customer": customer["id"],
        "customer_account": None,
        "days_until_due": params.get("days_until_due"),
        "default_payment_method": method or None,
        "default_source": None,
        "description": params.get("description") or None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "latest_invoice": None,
        "livemode": False,
        "metadata": new_metadata(params),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": payment_settings(params.get("payment_settings")),
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": now,
        "status": "trialing" if trial_end else "incomplete",
        "test_clock": customer["test_clock"],
        "transfer_data": None,
        "trial_end": trial_end,
        "trial_settings": trial_settings(params.get("trial_settings")),
        "trial_start": now if trial_end else None,
    }
    return row | {
        "_items": [],
        "_default_tax_rates": [
            rate["id"]
            for rate in rates_named(account, params.get("default_tax_rates"), "default_tax_rates")
        ],
        "_interval": interval,
        "_interval_count": count,
        "_period_start": start,
        "_period_end": end,
        "_is_warned": False,
    }


def trial_end_of(params: dict[str, Any], now: int) -> int | None:
    """Read when a trial ends; None without one."""
    days, end = params.get("trial_period_days"), params.get("trial_end")
    if days is not None and end is not None:
        raise invalid(
            "You may only specify one of these parameters: trial_end, trial_period_days.",
            "trial_end",
            "parameters_exclusive",
        )
    if days is not None:
        if not 0 <= days <= 730:
            raise invalid(
                "The maximum number of trial period days is 730 (2 years).", "trial_period_days"
            )
        return now + days * DAY_S if days else None
    if end is None or end == "now":
        return None
    if end <= now:
        raise invalid(
            "Invalid timestamp: must be an integer Unix timestamp in the future.", "trial_end"
        )
    return int(end)


def cancel_at_of(given: Any, period_ends: int, now: int) -> int | None:
    """Read when a subscription shall end by itself."""
    if given is None or given == "":
        return None
    if isinstance(given, str):
        return period_ends
    if given <= now:
        raise invalid("The timestamp must be in the future.", "cancel_at")
    return int(given)


def automatic_tax(given: dict[str, Any] | None) -> Row:
    """Read the tax setting."""
    enabled = bool((given or {}).get("enabled"))
    return {
        "disabled_reason": None,
        "enabled": enabled,
        "liability": {"type": "self"} if enabled else None,
    }


def payment_settings(given: dict[str, Any] | None) -> Row:
    """Read the payment settings."""
    settings = given or {}
    return {
        "payment_method_options": settings.get("payment_method_options") or None,
        "payment_method_types": settings.get("payment_method_types") or None,
        "save_default_payment_method": settings.get("save_default_payment_method", "off"),
    }


def trial_settings(given: dict[str, Any] | None) -> Row:
    """Read what happens when a trial ends without a card: by default an invoice."""
    end = (given or {}).get("end_behavior") or {"missing_payment_method": "create_invoice"}
    return {"end_behavior": {"missing_payment_method": end["missing_payment_method"]}}

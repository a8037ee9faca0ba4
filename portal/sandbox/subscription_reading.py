"""How a subscription's parameters are read."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import invalid, refused, unsupported
from portal.sandbox.lookup import named
from portal.sandbox.periods import DAY_S, period_end
from portal.sandbox.rows import Row


def method_of(account: Account, customer: str, given: str | None) -> str | None:
    """Read which card a subscription is charged to."""
    if not given:
        return None
    if named(account, "payment_method", given, "default_payment_method")["customer"] != customer:
        raise refused(
            "The payment method is not attached to this customer.", "default_payment_method"
        )
    return given


def anchor_of(params: dict[str, Any], now: int, interval: tuple[str, int]) -> int | None:
    """Read the moment to which billing is anchored; None: to now, or to the trial's end."""
    anchor = params.get("billing_cycle_anchor")
    if anchor is None or anchor == now:
        return None
    if "trial_end" in params or params.get("trial_period_days"):
        raise unsupported("billing_cycle_anchor")
    latest = period_end(now, now, *interval)
    if anchor < now:
        raise invalid(
            "Invalid timestamp: must be an integer Unix timestamp in the future.",
            "billing_cycle_anchor",
        )
    if anchor > latest:
        raise invalid(
            f"billing_cycle_anchor cannot be later than next natural billing date ({latest}) for"
            " plan",
            "billing_cycle_anchor",
        )
    return int(anchor)


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
    end = (given or {}).get("end_behavior") or {}
    if end.get("billing_cycle_anchor", "now") != "now":
        raise unsupported("trial_settings[end_behavior][billing_cycle_anchor]")
    missing = end.get("missing_payment_method", "create_invoice")
    return {"end_behavior": {"missing_payment_method": missing}}

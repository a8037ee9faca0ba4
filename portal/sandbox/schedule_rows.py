"""A subscription schedule's row, and its phases written anew."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata
from portal.sandbox.errors import invalid
from portal.sandbox.rows import Row, new_id
from portal.sandbox.schedule_course import KIND, enter
from portal.sandbox.schedule_phases import read_phases
from portal.sandbox.views import shown, view


def new_schedule(account: Account, customer: Row, params: dict[str, Any]) -> Row:
    """Write a schedule down that has no phases yet."""
    return account.add(
        {
            "id": new_id("sub_sched"),
            "object": KIND,
            "application": None,
            "billing_mode": {"flexible": None, "type": "flexible"},
            "canceled_at": None,
            "completed_at": None,
            "created": account.now(),
            "current_phase": None,
            "customer": customer["id"],
            "customer_account": None,
            "default_settings": _default_settings(),
            "end_behavior": params.get("end_behavior", "release"),
            "livemode": False,
            "metadata": new_metadata(params),
            "pause_schedules": [],
            "phases": [],
            "released_at": None,
            "released_subscription": None,
            "status": "not_started",
            "subscription": None,
            "test_clock": customer["test_clock"],
            "_is_warned": False,
        }
    )


def _default_settings() -> Row:
    return {
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": "automatic",
        "billing_thresholds": None,
        "collection_method": "charge_automatically",
        "default_payment_method": None,
        "description": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "days_until_due": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "on_behalf_of": None,
        "transfer_data": None,
    }


@view(KIND)
def schedule_view(account: Account, row: Row, seen: Row) -> None:
    """Show a schedule with the tax rates of its phases."""
    rates = account.kind("tax_rate")
    for phase in seen["phases"]:
        phase["default_tax_rates"] = [
            shown(account, rates[id]) for id in phase["default_tax_rates"]
        ]


def rewrite_phases(account: Account, row: Row, given: list[Row]) -> None:
    """Put other phases in place of the present one and those to come."""
    if not given or "start_date" not in given[0]:
        raise invalid(
            "The subscription schedule update is missing at least one phase with a `start_date`"
            " to anchor end dates to.",
            "phases",
        )
    start = account.now() if given[0]["start_date"] == "now" else given[0]["start_date"]
    past = []
    if row["status"] == "active":
        if start != row["current_phase"]["start_date"]:
            raise invalid(
                "You can not modify the start date of the current phase.", "phases[0][start_date]"
            )
        past = [each for each in row["phases"] if each["start_date"] < start]
    elif start < account.now():
        raise invalid("A schedule cannot start in the past here.", "phases[0][start_date]")
    row["phases"] = past + read_phases(account, row["customer"], given, start)
    if row["status"] == "active":
        enter(row, present_phase(row, start))
        if row["current_phase"]["end_date"] <= account.now():
            raise invalid("The current phase cannot end in the past.", "phases[0][end_date]")


def present_phase(row: Row, start: int | None = None) -> Row:
    """Give the phase that begins at a moment; by default the one a schedule is in."""
    start = row["current_phase"]["start_date"] if start is None else start
    return next(each for each in row["phases"] if each["start_date"] == start)

"""What programs read of a hold on a plan, and of a change of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from portal.plans.catalogue import Usage
from portal.subscriptions.hold import Card, HeldItem, Hold, Planned, Used
from portal.subscriptions.shown import brief, subscription_shown, written

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CALLS = HeldItem(
    "si_2", "price_2", None, "calls", "Calls", is_add_on=True, each=5,
    usage=Usage("calls", "call", "calls"), meter="mtr_1", used=Used(Decimal("12.50"), NOON),
)  # fmt: skip
HOLD = Hold(
    "sub_1", "trialing", "Studio", 1200, "eur", "month", Card("visa", "4242", 4, 2030),
    trial_ends_at=NOON, plan_key="studio", price="pric_1", price_stripe_id="price_1",
    items=(HeldItem("si_1", "price_1", 1, "studio", "Studio", each=1200), CALLS),
)  # fmt: skip


def test_a_hold_is_told_whole_and_fits_into_json() -> None:
    shown = subscription_shown("cust_1", HOLD)

    assert json.loads(json.dumps(shown)) == shown
    assert (shown["id"], shown["customer"], shown["status"]) == ("sub_1", "cust_1", "trialing")
    assert (shown["plan"], shown["amount"], shown["currency"]) == ("studio", 1200, "eur")
    assert shown["trial_ends_at"] == "2026-11-22T12:00:00.000Z"
    assert shown["quantity"] == 1
    assert [item["meter"] for item in shown["items"]] == [None, "calls"]
    assert shown["items"][1]["used"] == "12.5"
    assert shown["payment_method"]["last4"] == "4242"


def test_what_is_not_there_is_null_and_never_empty_text() -> None:
    bare = replace(HOLD, card=None, plan_key="", plan_name="", price="", items=())

    shown = subscription_shown("cust_1", bare)

    assert "" not in shown.values()
    assert shown["payment_method"] is shown["latest_invoice"] is shown["planned"] is None


def test_a_planned_change_and_what_is_due_are_told() -> None:
    planned = Planned("Reader", 0, "month", NOON)
    owing = replace(HOLD, planned=planned, invoice="in_1", invoice_status="open", amount_due=1200)

    shown = subscription_shown("cust_1", owing)

    assert shown["planned"]["at"] == "2026-11-22T12:00:00.000Z"
    assert shown["latest_invoice"] == {"id": "in_1", "status": "open", "amount_due": 1200}


def test_beside_a_customer_stands_the_brief_form() -> None:
    told = brief(HOLD)

    assert told is not None
    assert told.items() <= subscription_shown("cust_1", HOLD).items()
    assert brief(None) is None


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    there = datetime(2026, 1, 1, 1, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))

    assert written(there) == "2025-12-31T23:00:00.123Z"
    assert written(None) is None

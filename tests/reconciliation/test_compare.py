"""How our copies differ from what Stripe has, in words without a person in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.billing.billed import BilledSubscription
from portal.billing.billed_customers import BilledCard, BilledCustomer
from portal.operations.overdue import Overdue
from portal.reconciliation.compare import customer_difference, subscription_difference
from portal.reconciliation.report import Outcome, Report
from portal.subscriptions.copies import (
    PROFILE_COLUMNS,
    SUBSCRIPTION_COLUMNS,
    profile_values,
    subscription_values,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAN = BilledSubscription(
    stripe_id="sub_1", customer_stripe_id="cus_1", status="active", price_stripe_id="price_1",
    amount=1200, currency="eur", interval="month", trial_ends_at=None, period_ends_at=NOON,
    cancel_at_period_end=False, cancel_at=None, ended_at=None, started_at=NOON, invoice=None,
    discounts=(), tax_added=False, metadata={}, livemode=False,
)  # fmt: skip
ADA = BilledCustomer(
    "cus_1", False, "ada@lovelace.example", BilledCard("pm_1", "card", "visa", "4242"), {}, False
)


def copy_of(billed: BilledSubscription) -> dict[str, Any]:
    values = subscription_values("cust_1", billed, 7, NOON)
    return dict(zip(SUBSCRIPTION_COLUMNS, values, strict=True))


def profile_of(billed: BilledCustomer) -> dict[str, Any]:
    values = profile_values("cust_1", billed, 7, NOON)
    return dict(zip(PROFILE_COLUMNS, values, strict=True))


def test_a_copy_of_what_is_there_does_not_differ() -> None:
    assert subscription_difference("sub_1", copy_of(PLAN), PLAN) is None
    assert customer_difference("cus_1", "active", profile_of(ADA), ADA) is None


@pytest.mark.parametrize(
    ("changed", "ours", "theirs"),
    [
        ({"status": "canceled"}, "status active", "status canceled"),
        (
            {"period_ends_at": None, "interval": "year"},
            "interval month, period_ends_at 2026-11-22T12:00:00Z",
            "interval year, period_ends_at none",
        ),
    ],
)
def test_what_changed_at_stripe_is_named(changed: dict[str, Any], ours: str, theirs: str) -> None:
    found = subscription_difference("sub_1", copy_of(PLAN), replace(PLAN, **changed))

    assert found is not None
    assert (found.ours, found.theirs, found.outcome) == (ours, theirs, Outcome.REPAIRED)
    assert set(found.fields) == changed.keys()


def test_what_is_a_persons_is_named_and_not_told() -> None:
    card = BilledCard("pm_2", "card", "mastercard", "4444")
    found = customer_difference(
        "cus_1", "active", profile_of(ADA), replace(ADA, email="grace@hopper.example", card=card)
    )

    assert found is not None
    assert "billing_email …" in found.ours
    assert "payment_method pm_2" in found.theirs
    for told in ("hopper", "lovelace", "4242", "4444"):
        assert told not in str(found)


def test_nothing_of_a_card_but_its_id_is_told() -> None:
    card = BilledCard("pm_2", "card", "mastercard", "4444", 7, 2031)

    found = customer_difference("cus_1", "active", profile_of(ADA), replace(ADA, card=card))

    assert found is not None
    assert found.theirs == (
        "payment_method pm_2, card_brand …, card_last4 …, card_exp_month …, card_exp_year …"
    )
    gone = customer_difference("cus_1", "active", profile_of(ADA), replace(ADA, card=None))
    assert gone is not None
    assert gone.theirs == "payment_method none, card_brand …, card_last4 …"


def test_of_a_customer_without_a_card_the_copy_has_none() -> None:
    copy = profile_of(replace(ADA, card=None))

    assert (copy["payment_method"], copy["card_brand"], copy["card_last4"]) == (None, "", "")
    assert (copy["card_exp_month"], copy["card_exp_year"]) == (0, 0)


def test_what_is_gone_is_detached_once() -> None:
    gone = BilledCustomer("cus_1", True, "", None, {}, False)
    for billed in (None, gone):
        found = customer_difference("cus_1", "active", profile_of(ADA), billed)
        assert found is not None
        assert found.outcome is Outcome.DETACHED
        assert customer_difference("cus_1", "detached", profile_of(gone), billed) is None
        assert customer_difference("cus_1", "detached", None, billed) is None

    found = subscription_difference("sub_1", copy_of(PLAN), None)
    assert found is not None
    assert (found.theirs, found.outcome) == ("gone", Outcome.DETACHED)
    over = copy_of(replace(PLAN, status="canceled"))
    assert subscription_difference("sub_1", over, None) is None
    assert subscription_difference("sub_1", None, None) is None


def test_what_has_no_copy_gets_one() -> None:
    for found in (
        subscription_difference("sub_1", None, PLAN),
        customer_difference("cus_1", "active", None, ADA),
        customer_difference("cus_1", "active", profile_of(ADA) | {"stripe_id": "cus_0"}, ADA),
    ):
        assert found is not None
        assert found.outcome is Outcome.REPAIRED


def test_a_report_says_what_it_found_and_why_it_ended() -> None:
    found = subscription_difference("sub_1", None, PLAN)
    assert found is not None
    report = Report("acme", False, False, [found], 2)
    report.overdue = [Overdue("op_1", "create_customer", "cust_1", "")]
    report.problem = "unanswered: no time"

    assert list(report.lines()) == [
        "sub_1: no copy / status active / repaired",
        "op_1: create_customer waits for Stripe (no answer yet)",
        "acme: drift 1 (1 repaired)",
        "acme: 2 events that had not reached us",
        "acme: not compared to the end (unanswered: no time)",
    ]
    told = report.as_json()
    assert (told["drift"], told["outcomes"], told["sweep"]) == (1, {"repaired": 1}, "changed")
    assert told["operations_overdue"][0]["operation"] == "op_1"


def test_programs_read_the_whole_report() -> None:
    found = subscription_difference("sub_1", copy_of(PLAN), None)
    assert found is not None
    report = Report("acme", True, True, [found, found], 3)
    report.overdue = [Overdue("op_1", "create_customer", "cust_1", "unanswered")]
    line = {
        "object": "sub_1",
        "ours": "status active",
        "stripe": "gone",
        "action": "detached",
    }

    assert report.as_json() == {
        "company": "acme",
        "sweep": "full",
        "carried_out": True,
        "drift": 2,
        "outcomes": {"detached": 2},
        "differences": [line, line],
        "events_heard_again": 3,
        "operations_overdue": [
            {"operation": "op_1", "kind": "create_customer", "reason": "unanswered"}
        ],
        "problem": "",
    }
    assert list(report.lines())[2] == "op_1: create_customer waits for Stripe (unanswered)"


def test_a_report_of_nothing_is_one_line() -> None:
    assert list(Report("acme", True, False).lines()) == ["acme: drift 0"]


@pytest.mark.parametrize("status", ["canceled", "incomplete_expired"])
def test_what_was_over_before_it_was_gone_is_no_difference(status: str) -> None:
    over = copy_of(replace(PLAN, status=status))

    assert subscription_difference("sub_1", over, None) is None


def test_a_customer_who_is_detached_here_only_is_told() -> None:
    found = customer_difference("cus_1", "detached", profile_of(ADA), None)

    assert found is not None
    assert (found.ours, found.theirs) == ("status detached", "gone")
    assert found.fields == ("status",)


@pytest.mark.parametrize(
    "changed",
    [
        {"email": "grace@hopper.example"},
        {"card": None},
        {"card": BilledCard("pm_1", "card", "visa", "4242", 12, 2031)},
        {"card": BilledCard("pm_2", "card", "visa", "4242")},
    ],
)
def test_each_thing_we_copy_of_a_customer_is_compared(changed: dict[str, Any]) -> None:
    found = customer_difference("cus_1", "active", profile_of(ADA), replace(ADA, **changed))

    assert found is not None
    assert found.outcome is Outcome.REPAIRED


@pytest.mark.parametrize(
    "changed",
    [
        {"price_stripe_id": "price_2"},
        {"amount": 1300},
        {"currency": "usd"},
        {"trial_ends_at": NOON},
        {"cancel_at_period_end": True},
        {"cancel_at": NOON},
        {"ended_at": NOON},
        {"started_at": None},
        {"tax_added": True},
    ],
)
def test_each_thing_we_copy_of_a_plan_is_compared(changed: dict[str, Any]) -> None:
    found = subscription_difference("sub_1", copy_of(PLAN), replace(PLAN, **changed))

    assert found is not None
    assert found.outcome is Outcome.REPAIRED


def test_of_a_whole_customer_only_what_no_event_tells_may_be_older() -> None:
    kept = replace(ADA, object='{"balance": 0, "next_invoice_sequence": 1}')
    invoiced = replace(ADA, object='{"balance": 0, "next_invoice_sequence": 2}')
    credited = replace(ADA, object='{"balance": -500, "next_invoice_sequence": 1}')

    assert customer_difference("cus_1", "active", profile_of(kept), invoiced) is None
    assert customer_difference("cus_1", "active", profile_of(ADA), credited) is None
    found = customer_difference("cus_1", "active", profile_of(kept), credited)
    assert found is not None
    assert (found.fields, found.ours, found.theirs) == (("object",), "object …", "object …")

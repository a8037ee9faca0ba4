"""What can be told of a hold without asking anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.subscriptions.hold import Hold

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=20)
HELD = Hold("sub_1", "active", "Studio", 1200, "eur", "month", None)


@pytest.mark.parametrize(
    ("status", "is_running", "is_over"),
    [
        ("trialing", True, False),
        ("active", True, False),
        ("past_due", True, False),
        ("incomplete", False, False),
        ("unpaid", False, False),
        ("paused", False, False),
        ("canceled", False, True),
        ("incomplete_expired", False, True),
    ],
)
def test_a_plan_can_be_used_or_is_over_or_neither(
    status: str, is_running: bool, is_over: bool
) -> None:
    held = replace(HELD, status=status)

    assert (held.is_running, held.is_over) == (is_running, is_over)
    assert not replace(held, is_detached=True).is_running


@pytest.mark.parametrize(
    ("told", "coming", "lasting", "is_free"),
    [
        ({}, 1200, 1200, False),
        ({"next_amount": 0}, 0, 1200, False),
        ({"lasting_amount": 0}, 1200, 0, False),
        ({"next_amount": 0, "lasting_amount": 0}, 0, 0, True),
        ({"next_amount": 960, "lasting_amount": 1100}, 960, 1100, False),
        ({"amount": 0}, 0, 0, True),
    ],
)
def test_what_was_told_of_discounts_counts_before_the_price(
    told: dict[str, int], coming: int, lasting: int, is_free: bool
) -> None:
    held = replace(HELD, **told)  # type: ignore[arg-type]

    assert (held.coming, held.lasting, held.is_free) == (coming, lasting, is_free)


def test_of_what_is_not_told_nothing_is_made_up() -> None:
    assert HELD.cancel_at_period_end is False
    assert HELD.tax_added is False
    assert HELD.is_detached is False
    assert (HELD.amount_due, HELD.payment, HELD.invoice_status) == (0, "", "")
    assert (HELD.price_stripe_id, HELD.without_card) == ("", "cancel")
    assert (HELD.plan_key, HELD.downgrade) == ("", "period_end")
    assert not HELD.collection_paused
    assert not HELD.is_pausable


def test_only_what_lives_can_be_ending() -> None:
    for changes in ({"cancel_at_period_end": True}, {"cancel_at": LATER}):
        ending = replace(HELD, **changes)
        assert ending.is_living
        assert ending.is_ending
        assert not replace(ending, status="canceled").is_ending
        assert not replace(ending, is_detached=True).is_ending
    assert not HELD.is_ending
    assert not replace(HELD, status="incomplete_expired").is_living


def test_a_plan_ends_when_it_was_told_to_else_with_its_trial_or_period() -> None:
    held = replace(HELD, period_ends_at=LATER, trial_ends_at=NOON)

    assert held.ends_at == LATER
    assert replace(held, status="trialing").ends_at == NOON
    assert replace(held, status="trialing", trial_ends_at=None).ends_at == LATER
    sooner = NOON + timedelta(days=3)
    assert replace(held, cancel_at=sooner).ends_at == sooner
    assert replace(held, cancel_at=sooner, status="canceled").ends_at == LATER

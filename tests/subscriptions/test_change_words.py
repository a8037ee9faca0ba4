"""What came of a change, in sentences."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from portal.subscriptions.change_words import TO_CONFIRM, done_words

LATER = datetime(2026, 12, 5, tzinfo=UTC)
TOLD: dict[str, Any] = {
    "kind": "switch", "plan_name": "House", "currency": "eur", "amount_today": 0,
    "next_amount": 2900, "next_at": LATER, "takes_effect_at": LATER, "problem": "",
    "time_zone": "",
}  # fmt: skip
NEXT = "The next charge is €29.00 on 5 December 2026."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ["Nothing was charged for the change.", NEXT]),
        ({"amount_today": 1700}, ["€17.00 was charged for the change.", NEXT]),
        (
            {"amount_today": -500},
            ["€5.00 is credited to you, and taken off your next payments.", NEXT],
        ),
        (
            {"amount_today": 1700, "problem": TO_CONFIRM},
            ["Your bank wants you to confirm the payment of €17.00.", NEXT],
        ),
        ({"next_amount": 0}, ["Nothing was charged for the change."]),
        ({"next_at": None}, ["Nothing was charged for the change."]),
        ({"currency": "", "next_amount": 0}, ["Nothing was charged for the change."]),
    ],
)
def test_a_change_made_now_says_what_it_cost(changes: dict[str, Any], said: list[str]) -> None:
    assert done_words(TOLD | changes, "en") == ["Your plan is House now.", *said]


@pytest.mark.parametrize(
    ("amount", "said"), [(2900, "€29.00 is charged then."), (0, "Nothing is charged then.")]
)
def test_a_change_that_is_to_come_says_when_and_can_be_taken_back(amount: int, said: str) -> None:
    assert done_words(TOLD | {"kind": "plan", "next_amount": amount}, "en") == [
        f"Your plan changes to House on 5 December 2026. {said}",
        "Until then you can take the change back.",
    ]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("keep", "You took your cancellation back. Your plan goes on."),
        ("stay", "You took the planned change back. Your plan stays as it is."),
        ("pause", "Your plan is paused. Nothing is charged until you resume it."),
        ("resume", "Your plan goes on, and is charged again from its next period."),
    ],
)
def test_every_other_change_is_one_sentence(kind: str, said: str) -> None:
    assert done_words({"kind": kind}, "en") == [said]


def test_of_what_needs_no_words_nothing_is_said() -> None:
    assert done_words({"kind": "cancel"}, "en") == []


def test_days_are_those_of_the_customers_clocks() -> None:
    late = datetime(2026, 12, 5, 12, 30, tzinfo=UTC)
    there = TOLD | {"time_zone": "Pacific/Auckland", "next_at": late, "takes_effect_at": late}

    assert "on 6 December 2026." in done_words(there, "en")[-1]
    assert "on 6 December 2026." in done_words(there | {"kind": "plan"}, "en")[0]
    assert "on 5 December 2026." in done_words(there | {"time_zone": ""}, "en")[-1]

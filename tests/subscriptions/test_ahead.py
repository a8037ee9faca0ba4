"""Days that are left, and cards that will not do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.subscriptions.ahead import card_warning, days_left
from portal.subscriptions.hold import Card

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
IN_TWO_WEEKS = NOW + timedelta(days=14)
IN_A_YEAR = NOW + timedelta(days=365)


def card(month: int, year: int) -> Card:
    return Card("visa", "4242", month, year)


@pytest.mark.parametrize(
    ("until", "days"),
    [
        (timedelta(days=14), 14),
        (timedelta(days=13, hours=23), 14),
        (timedelta(days=4, seconds=1), 5),
        (timedelta(seconds=1), 1),
        (timedelta(0), 0),
        (timedelta(days=-3), 0),
    ],
)
def test_a_day_that_has_begun_counts_as_one(until: timedelta, days: int) -> None:
    assert days_left(NOW + until, NOW) == days


@pytest.mark.parametrize(
    ("month", "year", "charge", "code"),
    [
        (10, 2026, IN_TWO_WEEKS, "card_expired"),
        (11, 2026, IN_TWO_WEEKS, "card_expires_first"),
        (11, 2026, None, "card_expires_soon"),
        (12, 2026, IN_TWO_WEEKS, None),
        (12, 2026, IN_A_YEAR, "card_expires_first"),
        (10, 2027, IN_A_YEAR, "card_expires_first"),
        (11, 2027, IN_A_YEAR, None),
        (12, 2026, None, None),
        (0, 0, IN_TWO_WEEKS, None),
    ],
)
def test_a_card_is_warned_of_when_it_is_over_before_it_is_needed(
    month: int, year: int, charge: datetime | None, code: str | None
) -> None:
    found = card_warning(card(month, year), [charge] if charge else [], NOW)

    assert (found and found.sentence.code) == code


def test_a_card_is_good_until_its_month_is_over() -> None:
    last = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    before, after = (card_warning(card(12, 2026), [], last + timedelta(minutes=m)) for m in (0, 1))

    assert before
    assert after
    assert (before.sentence.code, after.sentence.code) == ("card_expires_soon", "card_expired")
    assert before.dates["date"].date() == after.dates["date"].date() == last.date()


def test_the_charge_named_is_the_next_one() -> None:
    found = card_warning(card(11, 2026), [IN_A_YEAR, IN_TWO_WEEKS], NOW)

    assert found
    assert found.dates["charge"] == IN_TWO_WEEKS

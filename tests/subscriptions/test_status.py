"""Every way a plan can stand, and what the customer reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

import pytest

from portal.errors import Problem
from portal.subscriptions import sentences
from portal.subscriptions.hold import Card, Hold, Planned
from portal.subscriptions.status import FIRST_PAYMENT, NextCharge, Standing, standing_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=14)
VISA = Card("visa", "4242", 12, 2030)
HELD = Hold(
    stripe_id="sub_1",
    status="active",
    plan_name="Pro",
    amount=1200,
    currency="eur",
    interval="month",
    card=VISA,
    trial_ends_at=None,
    period_ends_at=LATER,
    started_at=NOW - timedelta(hours=1),
)
TRIAL: dict[str, Any] = {"status": "trialing", "trial_ends_at": LATER}
FIRST: dict[str, Any] = {"status": "incomplete", "invoice_status": "open", "amount_due": 1200}
LATE: dict[str, Any] = {"status": "past_due", "invoice_status": "open", "amount_due": 1200}
PAUSED: dict[str, Any] = {"status": "paused"}
DECLINED: dict[str, Any] = {"payment": "declined"}
NOT_TRIED: dict[str, Any] = {"payment": "not_tried"}
TO_CONFIRM: dict[str, Any] = {"payment": "authentication_required"}
NO_CARD: dict[str, Any] = {"card": None}
CANCELLED: dict[str, Any] = {"cancel_at_period_end": True}
PLANNED: dict[str, Any] = {"planned": Planned("Lite", 500, "month", LATER), "next_amount": 500}
FREE: dict[str, Any] = {"amount": 0}
INVOICE: dict[str, Any] = {"without_card": "create_invoice"}
ONCE: dict[str, Any] = {"next_amount": 960, "lasting_amount": 1200}
FOREVER: dict[str, Any] = {"next_amount": 960, "lasting_amount": 960}
NOTHING_NEXT: dict[str, Any] = {"next_amount": 0, "lasting_amount": 1200}
NOTHING_EVER: dict[str, Any] = {"next_amount": 0, "lasting_amount": 0}

TABLE: list[tuple[dict[str, Any], str, str, str]] = [
    (TRIAL, "trial", "ok", "trial_goes_on"),
    (TRIAL | FREE | NO_CARD, "trial", "ok", "trial_then_free"),
    (TRIAL | NO_CARD, "trial", "warn", "trial_without_card_cancel"),
    (TRIAL | NO_CARD | {"without_card": "pause"}, "trial", "warn", "trial_without_card_pause"),
    (TRIAL | NO_CARD | INVOICE, "trial", "warn", "trial_without_card_invoice"),
    (TRIAL | ONCE, "trial", "ok", "trial_discounted"),
    (TRIAL | FOREVER, "trial", "ok", "trial_goes_on"),
    (TRIAL | NOTHING_NEXT, "trial", "ok", "trial_then_nothing"),
    (TRIAL | NOTHING_EVER, "trial", "ok", "trial_then_free"),
    (TRIAL | ONCE | NO_CARD, "trial", "warn", "trial_without_card_cancel"),
    (TRIAL | ONCE | NO_CARD | INVOICE, "trial", "warn", "trial_without_card_invoice"),
    (TRIAL | NOTHING_NEXT | NO_CARD, "trial", "warn", "trial_without_card_cancel"),
    (TRIAL | NOTHING_NEXT | NO_CARD | INVOICE, "trial", "ok", "trial_then_nothing"),
    (TRIAL | NOTHING_EVER | NO_CARD, "trial", "ok", "trial_then_free"),
    (TRIAL | NO_CARD | {"without_card": "new"}, "trial", "warn", "trial_without_card_cancel"),
    (TRIAL | CANCELLED, "cancelled", "warn", "trial_cancelled"),
    (TRIAL | {"cancel_at": LATER}, "cancelled", "warn", "trial_cancelled"),
    (TRIAL | {"trial_ends_at": None, "period_ends_at": None}, "checking", "wait", "being_checked"),
    ({}, "active", "ok", "active_renews"),
    (NO_CARD, "active", "warn", "active_without_card"),
    (FREE, "active", "ok", "active_free"),
    (FREE | NO_CARD, "active", "ok", "active_free"),
    ({"period_ends_at": None}, "active", "ok", "active_plain"),
    (ONCE, "active", "ok", "active_discounted"),
    (FOREVER, "active", "ok", "active_renews"),
    (ONCE | NO_CARD, "active", "warn", "active_without_card"),
    (NOTHING_NEXT, "active", "ok", "active_nothing"),
    (NOTHING_NEXT | NO_CARD, "active", "ok", "active_nothing"),
    (PLANNED, "active", "ok", "active_changes"),
    (PLANNED | NO_CARD, "active", "warn", "active_without_card"),
    (PLANNED | {"next_amount": 0}, "active", "ok", "active_becomes_free"),
    (NOTHING_EVER, "active", "ok", "active_free"),
    (NOTHING_EVER | NO_CARD, "active", "ok", "active_free"),
    ({"collection_paused": True}, "paused", "warn", "paused_by_choice"),
    (CANCELLED | {"collection_paused": True}, "cancelled", "warn", "active_cancelled"),
    (CANCELLED, "cancelled", "warn", "active_cancelled"),
    (CANCELLED | NO_CARD, "cancelled", "warn", "active_cancelled"),
    (FIRST, "paying", "wait", "being_paid"),
    (FIRST | NO_CARD, "payment_due", "warn", "first_without_card"),
    (FIRST | NOT_TRIED, "payment_due", "warn", "first_not_tried"),
    (FIRST | DECLINED, "declined", "bad", "first_declined"),
    (FIRST | TO_CONFIRM, "to_confirm", "warn", "first_to_confirm"),
    (FIRST | {"started_at": NOW - timedelta(days=1)}, "expired", "bad", "first_payment_missed"),
    (FIRST | {"started_at": None}, "paying", "wait", "being_paid"),
    ({"status": "incomplete_expired"}, "expired", "bad", "first_payment_missed"),
    (LATE, "paying", "wait", "being_paid"),
    (LATE | NO_CARD, "payment_due", "bad", "later_without_card"),
    (LATE | NOT_TRIED, "payment_due", "bad", "later_not_tried"),
    (LATE | NOT_TRIED | NO_CARD, "payment_due", "bad", "later_without_card"),
    (LATE | DECLINED, "declined", "bad", "later_declined"),
    (LATE | TO_CONFIRM, "to_confirm", "warn", "later_to_confirm"),
    (LATE | {"status": "unpaid"} | NO_CARD, "payment_due", "bad", "later_without_card"),
    (LATE | {"status": "unpaid"} | DECLINED, "declined", "bad", "later_declined"),
    (PAUSED, "resuming", "wait", "being_resumed"),
    (PAUSED | NO_CARD, "paused", "warn", "paused_without_card"),
    (PAUSED | DECLINED, "paused", "bad", "paused_declined"),
    (PAUSED | TO_CONFIRM, "to_confirm", "warn", "paused_to_confirm"),
    ({"status": "canceled", "ended_at": NOW}, "ended", "bad", "plan_ended_on"),
    ({"status": "canceled"}, "ended", "bad", "plan_ended"),
    ({"status": "hibernating"}, "checking", "wait", "being_checked"),
    ({"is_detached": True}, "closed", "bad", "account_gone"),
]


def standing(**changes: Any) -> Standing:
    return standing_of(replace(HELD, **changes), NOW)


@pytest.mark.parametrize(("changes", "word", "tone", "sentence"), TABLE)
def test_each_way_it_can_stand_has_its_words(
    changes: dict[str, Any], word: str, tone: str, sentence: str
) -> None:
    found = standing(**changes)

    assert (found.word.code, found.tone, found.sentence.code) == (word, tone, sentence)


@pytest.mark.parametrize("changes", [row[0] for row in TABLE])
def test_every_sentence_gets_all_it_names(changes: dict[str, Any]) -> None:
    found = standing(**changes)

    named = {name for _, name, _, _ in Formatter().parse(found.sentence.sentence) if name}
    assert named <= {*found.dates, *found.amounts}


def test_every_sentence_is_read_by_somebody() -> None:
    written = {
        problem.code
        for value in vars(sentences).values()
        for problem in (value.values() if isinstance(value, dict) else [value])
        if isinstance(problem, Problem)
    }

    assert written == {code for _, word, _, sentence in TABLE for code in (word, sentence)}


def test_the_next_charge_is_what_will_be_taken_and_when() -> None:
    charge = NextCharge(1200, "eur", LATER)

    assert standing().next_charge == charge
    assert standing(**TRIAL).next_charge == charge
    assert standing(**TRIAL).trial_ends_at == LATER


@pytest.mark.parametrize(
    "changes",
    [
        *(FREE, CANCELLED, TRIAL | CANCELLED, TRIAL | NO_CARD, TRIAL | FREE, PAUSED),
        *(NOTHING_NEXT, NOTHING_EVER, TRIAL | NOTHING_NEXT, TRIAL | NOTHING_EVER | NO_CARD),
        TRIAL | ONCE | NO_CARD,
    ],
)
def test_nothing_is_announced_that_will_not_be_charged(changes: dict[str, Any]) -> None:
    assert standing(**changes).next_charge is None


@pytest.mark.parametrize("held", [{}, TRIAL, TRIAL | INVOICE | NO_CARD])
@pytest.mark.parametrize("interval", ["month", "year"])
@pytest.mark.parametrize(("currency", "tax_added"), [("eur", False), ("jpy", True)])
@pytest.mark.parametrize("reduced", [FOREVER, ONCE])
def test_the_next_charge_is_after_discounts(
    held: dict[str, Any], interval: str, currency: str, tax_added: bool, reduced: dict[str, Any]
) -> None:
    found = standing(**held, **reduced, interval=interval, currency=currency, tax_added=tax_added)

    assert found.next_charge == NextCharge(960, currency, LATER, plus_tax=tax_added)
    assert found.amounts["amount"] == (960, currency)
    assert found.plus_tax is tax_added


def test_of_an_invoice_that_is_there_the_tax_is_known() -> None:
    assert not standing(**LATE, tax_added=True).plus_tax
    assert not standing(**FIRST, tax_added=True).plus_tax


def test_a_first_payment_has_23_hours() -> None:
    found = standing(**(FIRST | NO_CARD))

    assert found.dates["date"] == NOW + timedelta(hours=22)
    assert found.amounts["amount"] == (1200, "eur")


def test_a_first_payment_expires_with_its_23rd_hour() -> None:
    began = NOW - timedelta(hours=23)

    assert timedelta(hours=23) == FIRST_PAYMENT
    assert standing(**FIRST, started_at=began).word.code == "expired"
    assert standing(**FIRST, started_at=began + timedelta(seconds=1)).word.code == "paying"


def test_what_is_due_is_the_invoice_else_the_price() -> None:
    assert standing(**LATE | {"amount_due": 700}).amounts["amount"] == (700, "eur")
    assert standing(**LATE | {"amount_due": 0}).amounts["amount"] == (1200, "eur")
    assert standing(**PAUSED, **DECLINED, amount_due=700).amounts["amount"] == (700, "eur")
    assert standing(**PAUSED, **TO_CONFIRM).amounts["amount"] == (1200, "eur")


def test_a_cancelled_plan_names_its_last_day() -> None:
    sooner = NOW + timedelta(days=3)

    assert standing(**CANCELLED).dates["date"] == LATER
    assert standing(**CANCELLED, cancel_at=sooner).dates["date"] == sooner
    assert standing(cancel_at=sooner).dates["date"] == sooner
    trial = standing(**TRIAL, **CANCELLED, period_ends_at=None)
    assert (trial.dates["date"], trial.trial_ends_at) == (LATER, LATER)
    assert standing(status="canceled", ended_at=NOW).dates["date"] == NOW


def test_a_later_payment_has_no_last_hour() -> None:
    for changes in (LATE | NO_CARD, LATE | DECLINED, LATE | TO_CONFIRM):
        assert standing(**changes).dates == {}
    for changes in (FIRST | DECLINED, FIRST | TO_CONFIRM):
        assert standing(**changes).dates["date"] == NOW + timedelta(hours=22)

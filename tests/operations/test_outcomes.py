"""Deciding: the table of answers, line by line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.errors import Indeterminate, KeyRejected, NotAllowed, NotBegun, Refused, Unanswered
from portal.operations.backoff import delay, key_of
from portal.operations.outcomes import Verdict, before_call, code_of, decide
from portal.operations.step import Claimed

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def an_operation(*, created: datetime = NOON, sent: datetime = NOON, attempts: int = 1) -> Claimed:
    return Claimed(
        id=1, op_id="op_1", company="comp_1", customer="cust_1", subject="onbo_1",
        lane="stripe:cust_1", kind="create_customer", params={}, generation=1, first_sent_at=sent,
        attempts=attempts, created_at=created, lease_token="lease_1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Unanswered("reset"), Verdict.SAME_KEY),
        (NotBegun("rate_limit"), Verdict.SAME_KEY),
        (Indeterminate("api_error"), Verdict.LOOK_UP),
        (Refused("resource_missing", param="items[0][price]"), Verdict.REFUSE),
        (KeyRejected("api_key_expired"), Verdict.PAUSE),
        (NotAllowed("more_permissions_required"), Verdict.SAME_KEY),
        (KeyError("a mistake of ours"), Verdict.SAME_KEY),
    ],
)
def test_each_outcome_has_its_verdict(error: Exception, verdict: Verdict) -> None:
    assert decide(error, an_operation()).verdict is verdict


def test_who_is_told_when_to_come_back_comes_then() -> None:
    assert decide(NotBegun(retry_after_s=7.0), an_operation()).wait == timedelta(seconds=7)


def test_what_an_operator_must_allow_is_not_asked_again_in_a_hurry() -> None:
    assert decide(NotAllowed("x"), an_operation(attempts=1)).wait >= timedelta(seconds=150)


def test_a_key_is_used_for_23_hours() -> None:
    op = an_operation()

    assert before_call(op, NOON + timedelta(hours=23)) is Verdict.CALL
    assert before_call(op, NOON + timedelta(hours=23, seconds=1)) is Verdict.LOOK_UP


def test_seven_days_of_trying_are_enough() -> None:
    op = an_operation(attempts=300)

    assert before_call(op, NOON + timedelta(days=7)) is Verdict.LOOK_UP
    assert before_call(op, NOON + timedelta(days=7, seconds=1)) is Verdict.GIVE_UP


def test_a_week_switched_off_is_not_a_week_of_trying() -> None:
    later = NOON + timedelta(days=8)

    assert before_call(an_operation(sent=later), later) is Verdict.CALL


@pytest.mark.parametrize(("attempts", "verdict"), [(20, Verdict.CALL), (21, Verdict.GIVE_UP)])
def test_twenty_tries_are_not_given_up_however_old_they_are(
    attempts: int, verdict: Verdict
) -> None:
    later = NOON + timedelta(days=8)

    assert before_call(an_operation(sent=later, attempts=attempts), later) is verdict


@pytest.mark.parametrize("error", [Unanswered(), NotBegun(), Indeterminate(), KeyError("ours")])
def test_the_longer_it_was_tried_the_longer_it_waits(error: Exception) -> None:
    decision = decide(error, an_operation(attempts=900))

    assert timedelta(seconds=150) <= decision.wait <= timedelta(seconds=300)


@pytest.mark.parametrize("error", [Refused("no"), KeyRejected("api_key_expired")])
def test_what_is_not_tried_again_waits_for_nothing(error: Exception) -> None:
    assert decide(error, an_operation(attempts=900)).wait == timedelta(0)


def test_the_wait_doubles_up_to_five_minutes() -> None:
    for attempts, longest in [(1, 0.5), (2, 1.0), (5, 8.0), (10, 256.0), (11, 300.0), (900, 300.0)]:
        waits = [delay(attempts).total_seconds() for _ in range(50)]

        assert longest / 2 <= min(waits) < longest * 0.7
        assert longest * 0.8 < max(waits) <= longest


def test_the_key_says_whose_it_is_and_which_try() -> None:
    assert key_of(an_operation(), "acct_1") == "onb:acct_1:op_1:create_customer:1"


def test_the_operator_reads_stripes_own_reason() -> None:
    assert code_of(Refused("email_invalid")) == "email_invalid"
    assert code_of(Unanswered()) == "unanswered"
    assert code_of(KeyError("x")) == "KeyError"


def test_a_long_reason_is_cut_to_what_the_row_holds() -> None:
    assert code_of(Refused("x" * 200)) == "x" * 100
    assert code_of(type("E" * 200, (Exception,), {})()) == "E" * 100

"""How fast Stripe is called, and when it is left alone: rules of the time alone."""

from __future__ import annotations

import pytest

from portal.billing.budget import FAILURES, Breaker, Budget


def calls_in(budget: Budget, seconds: float, *, allowed_per_s: float, begin: float = 0.0) -> int:
    """Call as fast as the budget allows, at a Stripe that allows less; count what it sees."""
    now, sent, seen = begin, 0, list[float]()
    while now < begin + seconds:
        if (wait_s := budget.wait_s(now)) > 0:
            now += max(wait_s, 0.001)
            continue
        budget.spend()
        sent += 1
        seen = [*(at for at in seen if at > now - 1.0), now]
        if len(seen) > allowed_per_s:
            budget.slow_down(now)
    return sent


def test_a_second_holds_no_more_than_the_budget() -> None:
    budget = Budget(20.0)

    first = calls_in(budget, 1.0, allowed_per_s=1000)
    next_ten = calls_in(budget, 10.0, allowed_per_s=1000, begin=1.0)

    assert first <= 25  # What was saved up, and what came back meanwhile.
    assert 195 <= next_ten <= 201


def test_processes_share_it() -> None:
    budget = Budget(20.0, processes=4)
    calls_in(budget, 1.0, allowed_per_s=1000)

    assert 49 <= calls_in(budget, 10.0, allowed_per_s=1000, begin=1.0) <= 51


def test_it_learns_what_stripe_allows() -> None:
    budget = Budget(20.0)
    calls_in(budget, 5.0, allowed_per_s=10)

    seen = calls_in(budget, 60.0, allowed_per_s=10, begin=5.0)

    assert 7 * 60 <= seen <= 12 * 60


def test_too_many_of_one_second_count_once() -> None:
    budget = Budget(20.0)
    budget.wait_s(0.0)
    for moment in range(5):
        budget.slow_down(moment / 10)

    assert budget.rate(0.5) == pytest.approx(20 * (0.7 + 0.05 * 0.5))


def test_whoever_is_told_too_many_has_no_call_left_that_was_saved_up() -> None:
    budget = Budget(20.0)
    assert budget.wait_s(0.0) == 0
    budget.slow_down(0.0)

    assert budget.wait_s(0.0) == pytest.approx(1 / 14)
    assert budget.wait_s(1 / 14) == pytest.approx(0.0, abs=0.01)


def test_a_second_later_too_many_counts_again() -> None:
    budget = Budget(20.0)
    budget.slow_down(0.0)
    budget.slow_down(1.0)

    assert budget.rate(1.0) == pytest.approx(20 * (0.7 + 0.05) * 0.7)


def test_a_process_that_may_hardly_call_still_saves_up_two_calls() -> None:
    budget = Budget(1.0)
    calls = 0
    while budget.wait_s(0.0) == 0:
        budget.spend()
        calls += 1

    assert calls == 2
    assert budget.wait_s(0.0) == pytest.approx(1.0)


def test_a_clock_that_stands_still_or_goes_back_gives_nothing() -> None:
    budget = Budget(2.0)
    for _ in range(2):
        budget.wait_s(5.0)
        budget.spend()

    assert budget.wait_s(4.0) == budget.wait_s(3.0) == pytest.approx(0.5)


def test_it_never_stops_altogether_and_comes_back_in_time() -> None:
    budget = Budget(20.0)
    for moment in range(100):
        budget.slow_down(float(moment))

    assert 1.0 <= budget.rate(99.0) <= 3.0
    assert budget.rate(99.0 + 20.0) == pytest.approx(20.0)


def test_what_is_spared_is_left_for_people() -> None:
    budget = Budget(20.0)
    while budget.wait_s(0.0, spare=0.25) == 0:
        budget.spend()

    assert budget.wait_s(0.0, spare=0.25) > 0
    assert budget.wait_s(0.0) == 0
    budget.spend()
    assert budget.wait_s(0.0) > 0


def opened() -> Breaker:
    """Return one that has just opened, at 0 s."""
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(0.0, is_probe=breaker.begins(0.0))
    return breaker


def test_who_fails_in_a_row_is_left_alone() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed(0.0, is_probe=False)
    breaker.answered(1.0)
    for _ in range(FAILURES - 1):
        breaker.failed(1.0, is_probe=False)
    assert breaker.wait_s(1.0) == 0

    breaker.failed(1.0, is_probe=False)

    assert breaker.is_open
    assert breaker.wait_s(1.0) == 0.5


def test_one_call_at_a_time_asks_again_and_ever_more_rarely() -> None:
    breaker = opened()
    now, waits = 0.0, []
    for _ in range(5):
        now += breaker.wait_s(now)
        is_probe = breaker.begins(now)
        assert is_probe
        assert breaker.wait_s(now) > 0  # Nobody else goes along.
        breaker.failed(now, is_probe=is_probe)
        waits.append(breaker.wait_s(now))

    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_what_was_under_way_when_it_opened_does_not_lengthen_the_pause() -> None:
    breaker = Breaker()
    under_way = [breaker.begins(0.0) for _ in range(48)]

    for is_probe in under_way:
        breaker.failed(1.0, is_probe=is_probe)

    assert breaker.wait_s(1.0) == 0.5


def test_an_answer_ends_it_and_is_told_once() -> None:
    breaker = opened()
    breaker.begins(5.0)

    assert breaker.answered(5.0) is True
    assert breaker.answered(5.0) is False
    assert breaker.wait_s(5.0) == 0


def test_a_moment_s_trouble_brings_nothing_forward() -> None:
    """Else an endpoint that fails beside one that answers is tried without a pause, for ever."""
    breaker = opened()
    breaker.begins(1.0)

    assert breaker.answered(1.0) is False
    assert breaker.wait_s(1.0) == 0


def test_who_answers_is_asked_without_a_probe() -> None:
    breaker = Breaker()

    assert breaker.begins(0.0) is False
    assert breaker.wait_s(0.0) == 0
    assert not breaker.is_open


def test_after_an_answer_it_opens_as_if_for_the_first_time() -> None:
    breaker = opened()
    breaker.failed(1.0, is_probe=breaker.begins(1.0))
    breaker.answered(1.0)

    for _ in range(FAILURES):
        assert not breaker.is_open
        breaker.failed(9.0, is_probe=False)

    assert breaker.wait_s(9.0) == 0.5


def test_a_probe_that_ends_after_an_answer_says_no_more_than_any_call() -> None:
    breaker = opened()
    is_probe = breaker.begins(1.0)
    breaker.answered(1.0)

    breaker.failed(1.5, is_probe=is_probe)

    assert not breaker.is_open

"""What goes back is what was not used: never more than was paid, never both as money and credit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.billing.billed_money import PaidInvoice, PaidLine, Payment
from portal.subscriptions.due_back import ToGiveBack, to_give_back

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MONTH = (0, 30)

Line = tuple[int, tuple[int, int]]
"""An amount, and the days it is for, counted from noon."""


def billed(
    *invoices: Sequence[Line], credit: int = 0, given_by_others: int = 0
) -> tuple[list[PaidInvoice], int]:
    """Bill these lines one after another as Stripe does, to somebody with so much credit.

    Return the invoices, the newest first, and what credit is left.
    """
    bills = []
    for number, lines in enumerate(invoices):
        total = sum(amount for amount, _ in lines)
        before, paid = credit, max(0, total - credit)
        credit = max(0, credit - total)
        payments = (Payment(f"pi_{number}", paid, min(paid, given_by_others)),) if paid else ()
        told = (
            PaidLine(amount, NOON + begins * DAY, NOON + ends * DAY)
            for amount, (begins, ends) in lines
        )
        bills.append(PaidInvoice(f"in_{number}", total, before - credit, payments, tuple(told)))
    return bills[::-1], credit


def back(due: ToGiveBack) -> dict[str, int]:
    return {payment.stripe_id: amount for payment, amount in due.refunds}


HOUSE: Sequence[Line] = [(4900, MONTH)]
CHEAPER: Sequence[Line] = [(-3267, (10, 30)), (800, (10, 30))]
DEARER: Sequence[Line] = [(-800, (10, 30)), (3267, (10, 30))]


@pytest.mark.parametrize(
    ("day", "amount"), [(None, 4900), (-1, 4900), (0, 4900), (15, 2450), (20, 1634), (31, 0)]
)
def test_of_one_payment_the_unused_share_goes_back_in_the_payers_favour(
    day: int | None, amount: int
) -> None:
    bills, _ = billed(HOUSE)

    due = to_give_back(bills, 0, used_until=None if day is None else NOON + day * DAY)

    assert due == ToGiveBack(((bills[0].payments[0], amount),) if amount else (), 0, 0)


def test_each_line_counts_by_its_own_period() -> None:
    bills, _ = billed(
        [(1200, MONTH)], DEARER, [(36500, (12, 377))], [(900, (-18, 12))], [(500, (12, 12))]
    )

    due = to_give_back(bills, 0, used_until=NOON + 12 * DAY)

    # 18 of 30 days of the dearer plan, all of the year, nothing of what was metered before, and
    # all of what is for no time.
    assert sum(back(due).values()) == 2941 + 36500 + 0 + 500
    assert max(back(due).values()) <= 36500


@pytest.mark.parametrize(("noted", "amount"), [(900, 2000), (4900, 0)])
def test_what_a_note_took_off_before_it_was_paid_was_not_used(noted: int, amount: int) -> None:
    (bill,), _ = billed(HOUSE)
    left = 4900 - noted
    payments = (replace(bill.payments[0], amount=left),) if left else ()
    bill = replace(bill, total=left, payments=payments, noted_before=noted)

    due = to_give_back([bill], 0, used_until=NOON + 15 * DAY)

    assert (sum(back(due).values()), due.by_hand) == (amount, 0)


def test_a_credit_that_the_contract_left_is_paid_out_and_taken() -> None:
    bills, credit = billed(HOUSE, CHEAPER)

    assert credit == 2467
    assert to_give_back(bills, credit, used_until=None) == ToGiveBack(
        ((bills[1].payments[0], 4900),), 2467, 0
    )
    due = to_give_back(bills, credit, used_until=NOON + 12 * DAY)
    assert (back(due), due.credit_taken) == ({"pi_0": 720 + 2467}, 2467)


def test_a_credit_that_was_spent_elsewhere_meanwhile_is_not_paid_out() -> None:
    bills, credit = billed(HOUSE, CHEAPER)

    due = to_give_back(bills, credit - 2000, used_until=None)

    assert (back(due), due.credit_taken) == ({"pi_0": 2900}, 467)


def test_a_credit_of_another_reason_stays() -> None:
    bills, credit = billed(HOUSE, CHEAPER)

    assert to_give_back(bills, credit + 500, used_until=None).credit_taken == 2467
    assert to_give_back(billed(HOUSE)[0], 500, used_until=None).credit_taken == 0


def test_a_credit_of_before_that_paid_for_it_is_put_back() -> None:
    bills, credit = billed(HOUSE, credit=1000)

    assert credit == 0
    due = to_give_back(bills, credit, used_until=None)
    assert (back(due), due.credit_taken) == ({"pi_0": 3900}, -1000)
    late = to_give_back(bills, credit, used_until=NOON + 15 * DAY)
    assert (back(late), late.credit_taken) == ({"pi_0": 2450}, 0)


def test_what_went_back_before_goes_back_no_second_time() -> None:
    bills, _ = billed(HOUSE, given_by_others=4000)

    assert back(to_give_back(bills, 0, used_until=None)) == {"pi_0": 900}


def test_what_went_back_before_is_taken_off_what_is_unused() -> None:
    bills, _ = billed(HOUSE, given_by_others=2000)

    assert back(to_give_back(bills, 0, used_until=NOON + 15 * DAY)) == {"pi_0": 450}


@pytest.mark.parametrize(("noted", "amount"), [(1000, 3900), (4900, 0), (6000, 0)])
def test_what_a_credit_note_gave_back_goes_back_no_second_time(noted: int, amount: int) -> None:
    (bill,), _ = billed(HOUSE)
    bill = replace(bill, noted=noted)

    assert sum(back(to_give_back([bill], noted, used_until=None)).values()) == amount
    late = to_give_back([bill], noted, used_until=NOON + 15 * DAY)
    assert sum(back(late).values()) == max(0, 2450 - noted)
    assert late.credit_taken == 0


def test_what_was_paid_by_other_ways_is_left_to_people() -> None:
    (bill,), _ = billed(HOUSE)
    by_bank = PaidInvoice(bill.stripe_id, bill.total, 0, (), bill.lines)

    assert to_give_back([by_bank], 0, used_until=None) == ToGiveBack((), 0, 4900)


periods = st.tuples(st.integers(-40, 40), st.integers(0, 400)).map(lambda p: (p[0], p[0] + p[1]))
lines = st.tuples(st.integers(-5000, 50_000), periods)
contracts = st.lists(st.lists(lines, max_size=4), max_size=5)
moments = st.integers(-50, 450).map(lambda day: NOON + day * DAY)


@given(contracts, st.integers(0, 9000), st.one_of(st.none(), moments), st.integers(0, 9000))
def test_never_more_than_was_paid_and_never_less_than_nothing(
    contract: list[list[Line]], credit: int, until: datetime | None, others: int
) -> None:
    bills, left = billed(*contract, credit=credit, given_by_others=others)

    due = to_give_back(bills, left, used_until=until)

    assert all(0 < part <= payment.amount - others for payment, part in due.refunds)
    assert len(back(due)) == len(due.refunds)
    assert due.credit_taken <= left
    assert due.by_hand >= 0


@given(contracts, st.integers(0, 9000), st.booleans())
def test_when_all_is_unused_it_is_as_if_nothing_had_been_bought(
    contract: list[list[Line]], credit: int, is_early: bool
) -> None:
    bills, left = billed(*contract, credit=credit)
    # Nobody is credited what was never billed.
    assume(sum(bill.total for bill in bills) >= 0)

    due = to_give_back(bills, left, used_until=NOON - 41 * DAY if is_early else None)

    paid = sum(payment.amount for bill in bills for payment in bill.payments)
    assert sum(back(due).values()) == paid
    assert left - due.credit_taken == credit
    assert due.by_hand == 0


@given(contracts, st.integers(0, 9000), st.integers(0, 9000), moments)
def test_nobody_has_the_same_money_as_a_payment_and_as_a_credit(
    contract: list[list[Line]], credit: int, spent: int, until: datetime
) -> None:
    bills, left = billed(*contract, credit=credit)

    due = to_give_back(bills, max(0, left - spent), used_until=until)

    gained = sum(back(due).values()) - due.credit_taken
    assert gained <= max(0, sum(bill.total for bill in bills))

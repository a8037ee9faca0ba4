"""What a withdrawal gives back, worked out of the invoices' own lines: plain functions.

Docs: docs/decisions/0018-withdrawing.md
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil

from portal.billing.billed_money import PaidInvoice, PaidLine, Payment


@dataclass(frozen=True, slots=True)
class ToGiveBack:
    """What is given back of each payment, by its id, and what is done about a credit.

    credit_taken comes off what the payer has to their credit; below zero it is put back. by_hand
    is what no payment of theirs can give back.
    """

    refunds: tuple[tuple[Payment, int], ...]
    credit_taken: int
    by_hand: int


def to_give_back(
    invoices: Sequence[PaidInvoice], credit: int, *, used_until: datetime | None
) -> ToGiveBack:
    """Work out what goes back of all that was billed: what was not used until then, or all.

    Whatever of it stands to the payer's credit by now is money too: it is paid out, and taken off
    the credit, so that nobody has both. Credit of before that paid for some of it is put back.
    """
    payments = [payment for invoice in invoices for payment in invoice.payments]
    credit_used = sum(invoice.credit_used for invoice in invoices)
    billed = sum(invoice.total for invoice in invoices)
    used = _used_of(invoices, used_until) if used_until else Fraction(0)
    gained = min(max(0, -credit_used), max(0, credit))
    # What is divided is rounded in the payer's favour.
    worth = max(0, ceil(billed - used + gained))
    # What the seller gave back by themselves is of it: nobody gets that twice.
    given = sum(payment.given_by_others for payment in payments)
    owed = max(0, worth - given - sum(invoice.noted for invoice in invoices))
    money = min(owed, sum(payment.left for payment in payments))
    rest = owed - money
    put_back = min(rest, max(0, credit_used))
    return ToGiveBack(
        refunds=tuple(_allotted(money, payments)),
        credit_taken=min(gained, worth) - put_back,
        by_hand=rest - put_back,
    )


def _used_of(invoices: Iterable[PaidInvoice], until: datetime) -> Fraction:
    """Return what was used of all: a credit for unused time takes off what its time has seen."""
    used = (invoice.share * _used(line, until) for invoice in invoices for line in invoice.lines)
    return max(Fraction(0), sum(used, Fraction(0)))


def _used(line: PaidLine, until: datetime) -> Fraction:
    """Return what of a line was used: as much of it as of its time. What has no time is not."""
    whole = int((line.ends_at - line.starts_at).total_seconds())
    if whole <= 0:
        return Fraction(0)
    gone = int((until - line.starts_at).total_seconds())
    return Fraction(line.amount * min(max(gone, 0), whole), whole)


def _allotted(money: int, payments: Iterable[Payment]) -> Iterable[tuple[Payment, int]]:
    """Say how much of each payment goes back: of the newest first, and of none more than it was."""
    for payment in payments:
        part = min(money, payment.left)
        money -= part
        if part:
            yield payment, part

"""Money that went to and fro at Stripe, in our words: values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Payment:
    """What was paid of an invoice by one payment intent (pi_…), and what went back of it since.

    given_back is what one operation of ours had Stripe give back, whatever came of it since;
    given_by_others the rest of it. stuck names refunds of ours (re_…) that did not go through.
    credit_stays: when ours was given, Stripe had refused to take a credit off.
    """

    stripe_id: str
    amount: int
    given_by_others: int = 0
    given_back: int = 0
    stuck: tuple[str, ...] = ()
    credit_stays: bool = False

    @property
    def left(self) -> int:
        """Return how much of it could be given back, had ours given back nothing."""
        return max(0, self.amount - self.given_by_others)


@dataclass(frozen=True, slots=True)
class PaidLine:
    """What one line came to, discounts taken off and tax put on, and the time it is for."""

    amount: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class PaidInvoice:
    """An invoice with nothing left to pay, and how: by payments, and by the customer's balance.

    Below zero, total is a credit, and credit_used how much was added to the balance. noted is what
    the seller gave back of it by credit notes and not as a payment: to the balance, or elsewhere.
    noted_before is what they took off it so before it was paid: its lines tell of more.
    """

    stripe_id: str
    total: int
    credit_used: int
    payments: tuple[Payment, ...]
    lines: tuple[PaidLine, ...]
    noted: int = 0
    noted_before: int = 0

    @property
    def share(self) -> Fraction:
        """Return how much of what its lines tell of was to be paid."""
        whole = self.total + self.noted_before
        return Fraction(self.total, whole) if self.noted_before and whole else Fraction(1)


@dataclass(frozen=True, slots=True)
class Credit:
    """What a customer has to their credit, had one operation of ours not moved it, and if it did.

    moved is what it took off; below zero, what it put back.
    """

    amount: int
    moved: int = 0


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund (re_…) of ours, for which change of a plan, and how it stands.

    Undone, it came to nothing; waiting, somebody has to do something more before it is paid out.
    """

    stripe_id: str
    amount: int
    change: str
    is_undone: bool
    is_waiting: bool

    @property
    def is_stuck(self) -> bool:
        """Tell whether it does not arrive by itself."""
        return self.is_undone or self.is_waiting


@dataclass(frozen=True, slots=True)
class PaidBack:
    """What went back of a payment, and when."""

    amount: int
    at: datetime

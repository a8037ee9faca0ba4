"""Stripe's invoices, in our words: values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.billing.billed_money import PaidBack


@dataclass(frozen=True, slots=True)
class ListedInvoice:
    """An invoice as its customer sees it in a list; status and reason are Stripe's own words."""

    stripe_id: str
    customer_stripe_id: str
    number: str
    status: str
    reason: str
    made_at: datetime
    total: int
    amount_due: int
    currency: str
    was_tried: bool
    """Whether somebody tried to take the money."""
    amount_paid: int = 0
    payments: tuple[str, ...] = ()
    """The payment intents (pi_…) by which it was paid."""
    paid_back: tuple[PaidBack, ...] = ()
    """What went back of them, as far as we asked."""

    @property
    def takes_cards(self) -> bool:
        """Tell whether it can be paid at its page, by any card that is typed there."""
        return self.status in ("open", "uncollectible") and self.amount_due > 0


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """Some invoices, the newest first; after which one to ask for the next, if there are more."""

    invoices: tuple[ListedInvoice, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """What was billed, for which time."""

    description: str
    amount: int
    begins_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvoiceInFull:
    """All that an invoice says. A tax is its amount, and whether the lines hold it already.

    Its page (where it is paid) and its PDF open for anybody who has the address: lead its customer
    there, and never keep or show them.
    """

    listed: ListedInvoice
    paid_at: datetime | None
    billed_to: tuple[str, ...]
    address: tuple[str, ...]
    tax_ids: tuple[str, ...]
    lines: tuple[InvoiceLine, ...]
    has_more_lines: bool
    subtotal: int
    discount: int
    taxes: tuple[tuple[int, bool], ...]
    page: str
    pdf: str


@dataclass(frozen=True, slots=True)
class BilledLine:
    """One line of an invoice; of a proration, the time for which it stands begins at its date."""

    words: str
    amount: int
    is_proration: bool
    starts_at: datetime
    ends_at: datetime
    price: str = ""


@dataclass(frozen=True, slots=True)
class BilledPreview:
    """An invoice that is only looked at: below zero, `total` is a credit.

    The discount comes off the subtotal of the lines; what else there is in the total is tax.
    """

    currency: str
    subtotal: int
    discount: int
    total: int
    amount_due: int
    lines: tuple[BilledLine, ...]

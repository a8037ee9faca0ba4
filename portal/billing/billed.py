"""What Stripe tells us, in our words: values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from portal.billing.billed_money import PaidBack
from portal.errors import Refused


class CardRefused(Refused):
    """The bank said no to this payment (402); another try, or another card, may do."""


@dataclass(frozen=True, slots=True)
class BilledCard:
    """A payment method: brand and last4 are empty for what is not a card."""

    stripe_id: str
    kind: str
    brand: str = ""
    last4: str = ""
    exp_month: int = 0
    exp_year: int = 0


@dataclass(frozen=True, slots=True)
class BilledContact:
    """Who a customer is to Stripe, and where; "" is not given."""

    name: str
    business_name: str
    phone: str
    address: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BilledTaxId:
    """A tax id of a customer; its status is Stripe's word for what came of verifying it."""

    stripe_id: str
    type: str
    value: str
    status: str

    @property
    def signs(self) -> tuple[str, str]:
        """Return what makes it the same as another."""
        return signs_of(self.type, self.value)


def signs_of(type: str | None, value: str) -> tuple[str, str]:
    """Return what makes two tax ids the same, however each is written."""
    return type or "", "".join(sign for sign in value.upper() if sign.isalnum())


@dataclass(frozen=True, slots=True)
class BilledCustomer:
    """A customer as Stripe has them now. A deleted one has only its id.

    Their tax ids, the oldest first, are None where we did not ask for them.
    """

    stripe_id: str
    deleted: bool
    email: str
    card: BilledCard | None
    metadata: Mapping[str, str]
    livemode: bool
    contact: BilledContact | None = None
    tax_ids: tuple[BilledTaxId, ...] | None = None


@dataclass(frozen=True, slots=True)
class BilledInvoice:
    """One invoice. Its status is empty where Stripe told us its id alone.

    tries counts those by Stripe's schedule, whose next one is at next_try_at, if there is one.
    """

    stripe_id: str
    status: str
    amount_due: int
    currency: str
    tries: int = 0
    next_try_at: datetime | None = None


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
class BilledDiscount:
    """What is taken off a subscription's invoices: once, until `ends_at`, or forever.

    Exactly one of percent_off and amount_off (minor units of its currency) is set.
    """

    percent_off: float | None
    amount_off: int | None
    duration: str
    ends_at: datetime | None
    covers: int | None = None
    """What of a period's amount it is for; None: all of it."""


@dataclass(frozen=True, slots=True)
class BilledItem:
    """One thing a subscription is made of; no quantity where a meter (mtr_…) counts what is used.

    `each` is what one of it costs a period, or what one used costs.
    """

    stripe_id: str
    price_stripe_id: str
    quantity: int | None
    each: int = 0
    meter: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedPrice:
    """The price that a schedule will bring, and when."""

    price_stripe_id: str
    at: datetime
    items: tuple[tuple[str, int | None], ...] = ()
    """All that there will be, the plan first: prices, and how many of each; None: it is counted."""


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


@dataclass(frozen=True, slots=True)
class BilledSubscription:
    """A subscription as Stripe has it now; price and interval are the plan's, its first item.

    `amount` is of all items but what is counted, and before discounts, of which those that still
    have an effect are told; tax_added says that tax comes on top of it.
    """

    stripe_id: str
    customer_stripe_id: str
    status: str
    price_stripe_id: str
    amount: int
    currency: str
    interval: str
    trial_ends_at: datetime | None
    period_ends_at: datetime | None
    cancel_at_period_end: bool
    cancel_at: datetime | None
    ended_at: datetime | None
    started_at: datetime | None
    invoice: BilledInvoice | None
    discounts: tuple[BilledDiscount, ...]
    tax_added: bool
    metadata: Mapping[str, str]
    livemode: bool
    items: tuple[BilledItem, ...] = ()
    collection_paused: bool = False
    schedule: str | None = None
    planned: PlannedPrice | None = None
    period_starts_at: datetime | None = None

    @property
    def composition(self) -> dict[str, int | None]:
        """Return its prices, and how many of each."""
        return {item.price_stripe_id: item.quantity for item in self.items}


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """A customer as a list tells of them, and since when Stripe has them."""

    billed: BilledCustomer
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BilledPerson:
    """Who a customer is, as Stripe has it now: what we sent at the sign-up, or what came since."""

    name: str
    business_name: str
    phone: str
    address: Mapping[str, str]
    locale: str
    tax_id: str
    tax_id_type: str
    has_means: bool
    """Whether anything is there to pay with, or a balance to be paid from."""


@dataclass(frozen=True, slots=True)
class Discount:
    """A coupon, or the promotion code that leads to one.

    kind is coupon or promotion_code and stripe_id the id of that; exactly one of percent_off
    (0–100, may have decimals) and amount_off (minor units of currency) is set. duration is once,
    repeating (for months) or forever.
    """

    code: str
    kind: str
    stripe_id: str
    percent_off: float | None
    amount_off: int | None
    currency: str | None
    duration: str
    months: int | None
    products: tuple[str, ...] = ()
    """The products (prod_…) it is for; none named: it is for all."""
    amounts_off: Mapping[str, int] = field(default_factory=dict)
    """By currency, where it takes a sum off: amount_off in its own, and in any others."""
    minimums: Mapping[str, int] = field(default_factory=dict)
    """By currency, what an order has to come to before the discount; none: it need not."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose key it is, and in which mode."""

    stripe_id: str
    livemode: bool


@dataclass(frozen=True, slots=True)
class Webhook:
    """Our endpoint at Stripe; the secret only when it was made just now."""

    stripe_id: str
    secret: str | None

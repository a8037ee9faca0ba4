"""Stripe's customers and their cards, in our words: values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


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

    Their tax ids, the oldest first, are None where we did not ask for them. `object` is all that
    Stripe tells of them, as JSON, with ids where it was asked to open what they name.
    """

    stripe_id: str
    deleted: bool
    email: str
    card: BilledCard | None
    metadata: Mapping[str, str]
    livemode: bool
    contact: BilledContact | None = None
    tax_ids: tuple[BilledTaxId, ...] | None = None
    object: str = ""


def gone(stripe_id: str) -> BilledCustomer:
    """Return a customer whom Stripe has no longer."""
    return BilledCustomer(stripe_id, True, "", None, {}, False)


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
    metadata: Mapping[str, str]
    created_at: datetime

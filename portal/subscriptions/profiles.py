"""What Stripe last told of customers: our copies of it, for those who show them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from portal.subscriptions.tables import BillingProfile


@dataclass(frozen=True, slots=True)
class KeptProfile:
    """One customer as Stripe has them: `object` is all of it as JSON, "" when it is not known yet.

    The card is that of their default payment method; brand is empty for what is no card.
    """

    stripe_id: str
    deleted: bool
    object: str
    payment_method: str
    card_brand: str
    card_last4: str
    card_exp_month: int
    card_exp_year: int


async def profiles_of(customers: Collection[str]) -> dict[str, KeptProfile]:
    """Return our copies by the customers' ids; who was never looked at is not among them."""
    if not customers:
        return {}
    rows = await BillingProfile.select().where(BillingProfile.customer.is_in(list(customers)))
    return {row["customer"]: _kept(row) for row in rows}


def _kept(row: dict[str, object]) -> KeptProfile:
    told = {name: row[name] or "" for name in KeptProfile.__slots__}
    told |= {name: row[name] for name in ("deleted", "card_exp_month", "card_exp_year")}
    return KeptProfile(**told)  # type: ignore[arg-type]

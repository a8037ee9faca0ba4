"""A change of plan as it was shown: frozen until confirmed, and travelling through a form."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from portal import clock
from portal.sealing import is_signed, sign

LASTS = timedelta(minutes=10)
_PURPOSE = "quote of a plan change"


class Quote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change as it was shown to one customer: its parameters, and what it comes to.

    `held` and `wanted` are all prices before and after it, with their quantities; `asked` is what
    the address said of quantity and add-ons.

    `due` is charged at once, `total` below zero credited; the times are Stripe's, in seconds.
    """

    customer: str
    subscription: str
    held_price: str
    price: str
    price_stripe_id: str
    interval: str
    when: str
    update: dict[str, Any]
    currency: str
    total: int
    due: int
    next_amount: int
    next_at: int | None
    takes_effect_at: int | None
    made_at: int
    held: dict[str, int | None] = {}
    wanted: dict[str, int | None] = {}
    made_of: str = ""
    asked: dict[str, str] = {}

    @property
    def is_fresh(self) -> bool:
        """Tell whether it may still be confirmed."""
        return clock.now() - datetime.fromtimestamp(self.made_at, UTC) < LASTS


def written(quote: Quote) -> str:
    """Write a quote so that it can travel through a form and come back unchanged."""
    text = base64.urlsafe_b64encode(msgspec.json.encode(quote)).decode()
    return f"{text}.{sign(text, _PURPOSE)}"


def read_quote(text: str, customer: str) -> Quote | None:
    """Read a quote that we wrote for this customer; None for anything else."""
    body, _, signature = text.partition(".")
    if not is_signed(body, signature, _PURPOSE):
        return None
    quote = msgspec.json.decode(base64.urlsafe_b64decode(body), type=Quote)
    return quote if quote.customer == customer else None


def moment_of(seconds: int | None) -> datetime | None:
    """Return one of a quote's times."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

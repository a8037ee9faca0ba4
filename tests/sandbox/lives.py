"""Subscriptions on a test clock, for what takes months."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.sandbox.selling import ADA, a_price

DAY_S = 86_400
HOUR_S = 3600


def moment(year: int, month: int, day: int, hour: int = 0) -> int:
    """Give a moment in UNIX seconds."""
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


START = moment(2027, 4, 1)
"""April: its thirty days make shares come out even."""


@dataclass(frozen=True, slots=True)
class Life:
    """Ada on a test clock, with a card and a subscription."""

    api: Any
    clock: str
    customer: str
    subscription: str
    item: str

    async def until(self, when: int) -> None:
        """Let time pass, and wait until all that was due is done."""
        await advance(self.api, self.clock, when)

    async def now(self, **more: Any) -> Any:
        """Give the subscription as it is."""
        return await self.api.subscriptions.retrieve_async(self.subscription, more)

    async def change(self, **params: Any) -> Any:
        """Change the subscription."""
        return await self.api.subscriptions.update_async(self.subscription, params)

    async def invoices(self, **more: Any) -> list[Any]:
        """List the customer's invoices, the newest first."""
        given = {"customer": self.customer, "limit": 100, **more}
        return list((await self.api.invoices.list_async(given)).data)

    async def pending(self) -> list[Any]:
        """List what waits for the next invoice, the oldest first."""
        given = {"customer": self.customer, "pending": True, "limit": 100}
        return list(reversed((await self.api.invoice_items.list_async(given)).data))

    async def events(self, type: str) -> list[Any]:
        """List the events of a type, the newest first."""
        return list((await self.api.events.list_async({"type": type, "limit": 100})).data)


async def advance(api: Any, clock: str, when: int) -> None:
    """Move a test clock, and wait until it is ready."""
    await api.test_helpers.test_clocks.advance_async(clock, {"frozen_time": when})
    async with asyncio.timeout(60):
        while (await api.test_helpers.test_clocks.retrieve_async(clock)).status != "ready":  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def customer_on_clock(api: Any, start: int = START, card: str = "pm_card_visa") -> Any:
    """Make Ada a customer in the time of a test clock; `card` is her default, if not empty."""
    clock = await api.test_helpers.test_clocks.create_async({"frozen_time": start})
    customer = await api.customers.create_async({**ADA, "test_clock": clock.id})
    if card:
        await give_card(api, customer.id, card)
    return customer


async def give_card(api: Any, customer: str, card: str) -> str:
    """Attach a card and make it the default."""
    method = await api.payment_methods.attach_async(card, {"customer": customer})
    settings = {"default_payment_method": method.id}
    await api.customers.update_async(customer, {"invoice_settings": settings})
    return str(method.id)


async def a_life(
    api: Any,
    *,
    unit_amount: int = 3000,
    start: int = START,
    card: str = "pm_card_visa",
    interval: str = "month",
    quantity: int = 1,
    **more: Any,
) -> Life:
    """Begin a subscription on a test clock."""
    customer = await customer_on_clock(api, start, card)
    price = await a_price(api, unit_amount=unit_amount, interval=interval)
    given = {"customer": customer.id, "items": [{"price": price.id, "quantity": quantity}], **more}
    begun = await api.subscriptions.create_async(given)
    item = begun["items"].data[0].id
    return Life(api, customer.test_clock, customer.id, begun.id, item)

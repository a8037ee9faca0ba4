"""What the tests sell, and to whom."""

from __future__ import annotations

from typing import Any

ADA = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "phone": "+442079460000",
    "address": {
        "line1": "12 St James's Square",
        "city": "London",
        "postal_code": "SW1Y 4LB",
        "country": "GB",
    },
    "metadata": {"site": "uk"},
}


async def a_price(api: Any, *, unit_amount: int, interval: str = "month", **more: Any) -> Any:
    """Put something on sale."""
    product = await api.products.create_async({"name": "Tea"})
    return await api.prices.create_async(
        {
            "product": product.id,
            "currency": "eur",
            "unit_amount": unit_amount,
            "recurring": {"interval": interval},
            **more,
        }
    )


async def ada(api: Any, **more: Any) -> Any:
    """Make Ada a customer."""
    return await api.customers.create_async({**ADA, **more})


async def unpaid(api: Any, **more: Any) -> Any:
    """Have Ada take a plan of 9 euros, of which nothing is paid yet."""
    price, customer = await a_price(api, unit_amount=900), await ada(api)
    given = {"customer": customer.id, "items": [{"price": price.id}], **more}
    return await api.subscriptions.create_async({**given, "payment_behavior": "default_incomplete"})

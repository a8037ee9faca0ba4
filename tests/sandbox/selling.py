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

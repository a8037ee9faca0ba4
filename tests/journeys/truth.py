"""What our tables say, once what was under way has arrived."""

from __future__ import annotations

import asyncio
from typing import Any

from portal.database import run_sql
from tests.journeys.shop import Shop

_WITHIN_S = 10.0


async def until_our_copy(table: str, **values: Any) -> None:
    """Wait until every row of a table, and at least one, has these values."""
    try:
        async with asyncio.timeout(_WITHIN_S):
            while not _agree(rows := await run_sql(f"SELECT * FROM {table}"), values):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{table} never had {values}, but {rows}") from None


def _agree(rows: list[Any], values: dict[str, Any]) -> bool:
    return bool(rows) and all(row[name] == value for row in rows for name, value in values.items())


async def until_at_stripe(shop: Shop, part: str, text: str) -> None:
    """Wait until this part of the one customer's address at Stripe says that."""
    try:
        async with asyncio.timeout(_WITHIN_S):
            while (address := (await shop.customer_at_stripe())["address"])[part] != text:
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{part} at Stripe is {address[part]}, not {text}") from None

"""What our tables say, once what was under way has arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from portal.database import run_sql
from tests.journeys.shop import Shop

_LOOKS, _PAUSE_S = 600, 0.05


async def until_our_copy(table: str, **values: Any) -> None:
    """Wait until every row of a table, and at least one, has these values."""

    async def rows() -> list[Any]:
        return await run_sql(f"SELECT * FROM {table}")

    await _until(rows, lambda found: _agree(found, values), f"{table} with {values}")


async def until_at_stripe(shop: Shop, part: str, text: str | None) -> None:
    """Wait until this part of the one customer's address at Stripe says that."""

    async def address() -> Any:
        return (await shop.customer_at_stripe())["address"]

    await _until(address, lambda found: bool(found[part] == text), f"{part} with {text}")


async def until_told(look: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    """Wait until a look finds exactly this."""
    await _until(look, lambda found: bool(found == wanted), str(wanted))


async def _until(
    look: Callable[[], Awaitable[Any]], is_there: Callable[[Any], bool], wanted: str
) -> None:
    for _ in range(_LOOKS):
        found = await look()
        if is_there(found):
            return
        await asyncio.sleep(_PAUSE_S)
    raise AssertionError(f"Never came: {wanted}. There is {found}.")


def _agree(rows: list[Any], values: dict[str, Any]) -> bool:
    return bool(rows) and all(row[name] == value for row in rows for name, value in values.items())

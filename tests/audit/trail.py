"""A trail of some length, and what is found of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from portal.audit.record import record
from portal.audit.verify import Verified, verify_trail
from portal.database import run_sql, transaction

ROWS = 300

Named = tuple[str, int, int]
"""How a chain is broken, and the first and last number of what is."""


async def written(count: int = ROWS, company: str = "comp_1") -> None:
    async with transaction():
        for number in range(count):
            await record(
                "customer.details_changed",
                company=company,
                actor="customer",
                object_id=f"cust_{number}",
                fields=("line1",),
            )


async def found(company: str = "comp_1", *noted: str) -> Verified:
    (ours,) = [one async for one in verify_trail(noted) if one.company == company]
    return ours


class _Undone(Exception):
    pass


async def named_after(attack: Callable[[], Awaitable[None]]) -> Named | None:
    """Tell what is found after this, and undo it."""
    fault = None
    with suppress(_Undone):
        async with transaction():
            await attack()
            fault = (await found()).fault
            raise _Undone
    return (fault.how, fault.number, fault.last) if fault else None


async def named_after_sql(statements: tuple[str, ...]) -> Named | None:
    """Tell what is found after these statements, and undo them."""

    async def attack() -> None:
        for statement in statements:
            await run_sql(statement)

    return await named_after(attack)

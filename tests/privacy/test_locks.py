"""Who takes several rows of a customer takes them in one order: nobody waits for each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from portal.access import browsers, links, passwords
from portal.access.browsers import end_others
from portal.access.links import LinkSpent, request_sign_in, use_up
from portal.access.passwords import remove_password, set_password
from portal.access.sessions import SignedIn, find_session, open_session
from portal.access.tables import SignInRequest
from portal.customers.directory import customer_of, lock_any_customer
from portal.customers.email import normalize_email
from portal.customers.erased import CustomerErased
from portal.database import is_sqlite, run_sql, transaction
from portal.errors import DatabaseBusy
from portal.onboarding import sale
from portal.onboarding.amend import change_details
from portal.privacy.wipe import wipe
from tests.onboarding.shop import Shop, details
from tests.people import ADA

BETWEEN_TWO = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
"""SQLite has one writer, who waits for nobody."""


async def use_a_link(shop: Shop, session: SignedIn) -> None:
    (request,) = await SignInRequest.objects()
    await use_up(request, "b")


async def end_the_others(shop: Shop, session: SignedIn) -> None:
    await end_others(session)


async def take_the_password_away(shop: Shop, session: SignedIn) -> None:
    await remove_password(session, shop.site)


async def change_the_city(shop: Shop, session: SignedIn) -> None:
    await change_details(shop.site, session.customer, details(city="Leeds"))


WAYS: dict[str, tuple[Callable[[Shop, SignedIn], Awaitable[None]], Any, str]] = {
    "a link": (use_a_link, links, "lock_any_customer"),
    "other browsers": (end_the_others, browsers, "refuse_erased"),
    "a password": (take_the_password_away, passwords, "refuse_erased"),
    "details": (change_the_city, sale, "lock_any_customer"),
}
"""What may meet an erasure, and where it holds the customer before anything else of theirs."""


async def erase_meanwhile(customer: str, is_held: asyncio.Event) -> None:
    """Begin to empty a customer's rows, and go on when somebody waits for one of them."""
    async with transaction():
        await lock_any_customer(customer)
        await run_sql("DELETE FROM session WHERE customer = {}", customer)
        is_held.set()
        async with asyncio.timeout(60):
            while not await run_sql(_WAITS):  # noqa: ASYNC110 - PostgreSQL has no event
                await asyncio.sleep(0.01)
        await wipe(customer)


@BETWEEN_TWO
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("in_order", [True, False])
async def test_an_erasure_and_whoever_it_meets_never_wait_for_each_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, way: str, in_order: bool
) -> None:
    meet, module, holds = WAYS[way]
    customer = (await shop.sign_up()).customer
    await shop.work_in_the_end()
    session = await find_session(await open_session(customer, shop.site.id))
    assert session is not None
    await open_session(customer, shop.site.id)
    await set_password(session, shop.site, "correct horse battery", ADA["email"])
    await open_session(customer, shop.site.id)
    await run_sql("UPDATE flow SET ended_at = NULL")
    ada = normalize_email(ADA["email"])
    await request_sign_in(shop.site, ada, customer=await customer_of(customer), browser_hash="b")
    if not in_order:
        monkeypatch.setattr(module, holds, _without_holding)

    is_held = asyncio.Event()
    erasing = asyncio.create_task(erase_meanwhile(customer, is_held))
    await is_held.wait()
    came_of_it = await asyncio.gather(erasing, meet(shop, session), return_exceptions=True)

    broken = [one for one in came_of_it if isinstance(one, DatabaseBusy)]
    assert bool(broken) is not in_order, came_of_it
    if in_order:
        assert came_of_it[0] is None
        assert isinstance(came_of_it[1], LinkSpent | CustomerErased)


_WAITS = "SELECT 1 AS waits FROM pg_locks WHERE NOT granted LIMIT 1"


async def _without_holding(customer: str) -> Any:
    assert not is_sqlite()
    return await customer_of(customer)

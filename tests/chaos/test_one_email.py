"""Five hundred submits of one e-mail at once, to two processes: one of everything, no error."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from portal.customers import directory
from portal.database import run_sql
from tests.chaos.browsers import Browser, many_browsers
from tests.chaos.figures import Figures
from tests.chaos.lives import ONE_OF_EACH, Left, left_behind, nursery
from tests.chaos.servers import serving
from tests.limits import lift_limits
from tests.onboarding.shop import Shop
from tests.people import ADA

SUBMITS = 500
_UNIQUE = "customer_company_email_key"
AT_ONCE = 250


async def test_one_email_signed_up_500_times_by_two_processes(shop: Shop, figures: Figures) -> None:
    email = ADA["email"]
    async with nursery() as one, nursery() as other:
        lives = [each.live(email, submits=SUBMITS // 2) for each in (one, other)]
        await asyncio.gather(*lives)
    await shop.work_in_the_end()

    left = await left_behind(shop, email)
    _tell(figures, f"{SUBMITS} submits of one e-mail, 2 processes", left)
    assert left == ONE_OF_EACH


async def test_one_email_posted_500_times_to_two_servers(shop: Shop, figures: Figures) -> None:
    await lift_limits()

    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(serving()) for _ in range(2)]
        http = await stack.enter_async_context(many_browsers(AT_ONCE))
        browsers = [Browser(http, servers[number % 2]) for number in range(SUBMITS)]
        for some in range(0, SUBMITS, AT_ONCE):
            await asyncio.gather(*(each.read_form() for each in browsers[some : some + AT_ONCE]))
        went = Counter(await asyncio.gather(*(each.submit() for each in browsers)))
    await shop.work_in_the_end()

    left = await left_behind(shop, ADA["email"])
    _tell(figures, f"{SUBMITS} posts of one e-mail, 2 servers", left)
    # Whoever came first is led on; on a machine this busy perhaps by way of the status page.
    assert went.pop("/signup/check-inbox") == SUBMITS - 1
    assert went in ({"billing portal": 1}, {"/signup/status": 1})
    assert left == ONE_OF_EACH
    (mails,) = await run_sql("SELECT COUNT(*) AS n FROM operation WHERE kind = 'send_sign_in'")
    assert mails["n"] < SUBMITS // 10


async def test_without_the_unique_email_the_same_submits_make_many(
    shop: Shop, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: it is the index that lets only one of them through."""
    monkeypatch.setattr(directory, "_UNLESS_KNOWN", " RETURNING id")
    email = ADA["email"]
    await run_sql(f"DROP INDEX {_UNIQUE}")
    try:
        await asyncio.gather(*(shop.sign_up(email=email) for _ in range(20)))
        await shop.work_in_the_end()
        left = await left_behind(shop, email)
    finally:
        await run_sql("UPDATE customer SET email_key = NULL")
        await run_sql(f"CREATE UNIQUE INDEX {_UNIQUE} ON customer (company, email_key)")

    figures.add(
        "20 at once without the unique index (control)",
        mark="doubles",
        got=f"{left.customers} / {left.stripe_customers} / {left.stripe_subscriptions}",
        met=left.stripe_customers > 1,
    )
    assert left.stripe_customers > 1


def _tell(figures: Figures, test: str, left: Left) -> None:
    got = f"{left.customers} / {left.stripe_customers} / {left.stripe_subscriptions}"
    figures.add(test, mark="1 / 1 / 1", got=got, met=left == ONE_OF_EACH)

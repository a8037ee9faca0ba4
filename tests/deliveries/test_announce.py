"""What happened is told to whoever asked for it, if and only if it happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from portal.database import engine, run_sql, transaction
from portal.deliveries.announce import announce
from portal.deliveries.endpoints import change_endpoint, remove_endpoint
from portal.deliveries.listeners import is_wanted_by
from portal.deliveries.quiet import Quiet
from tests.databases import ON_SQLITE
from tests.deliveries.telling import (
    ADA,
    TOLD,
    deliveries,
    events,
    listen_at,
    open_storefronts,
    tell,
)


@pytest.fixture
def statements(database: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that is run from here on."""
    run, seen = type(engine()).run_sql, list[str]()

    async def noted(self: Any, sql: str, args: Sequence[Any] = ()) -> Any:
        seen.append(sql)
        return await run(self, sql, args)

    monkeypatch.setattr(type(engine()), "run_sql", noted)
    return seen


async def test_an_event_and_its_deliveries_are_written_together(database: str) -> None:
    site, *_ = await open_storefronts()
    first, _ = await listen_at(site)
    second, _ = await listen_at(site, "https://other.example/", types=["customer.updated"])

    await tell()

    (event,) = await events()
    assert (event["company"], event["site"], event["customer"]) == ("comp_1", "site_1", ADA)
    body = json.loads(event["body"])
    assert (body["type"], body["data"]) == ("customer.updated", TOLD)
    found = await deliveries()
    assert {row["endpoint"] for row in found} == {first.id, second.id}
    assert {(row["event"], row["state"], row["attempts"]) for row in found} == {
        (event["id"], "waiting", 0)
    }


async def test_only_the_storefronts_own_endpoints_that_want_it_are_told(database: str) -> None:
    here, there, stranger = await open_storefronts()
    await listen_at(here, types=["customer.deleted"])
    await listen_at(there)
    await listen_at(stranger)

    await tell()
    await tell("addon.purchase.success", site="site_2")

    assert await events() == []


async def test_what_did_not_happen_is_not_told(database: str) -> None:
    site, *_ = await open_storefronts()
    await listen_at(site)

    async def told() -> dict[str, str]:
        return {}

    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await announce(
                "customer.created", company="comp_1", site="site_1", customer=ADA, data=told
            )
            raise ZeroDivisionError

    assert await events() == []
    with pytest.raises(RuntimeError):
        await announce("customer.created", company="comp_1", site="site_1", customer=ADA, data=told)


async def test_where_nobody_listens_a_transaction_asks_once_and_builds_nothing(
    database: str, statements: list[str]
) -> None:
    _, there, _ = await open_storefronts()
    await listen_at(there)
    await tell(site="site_2")

    async def never() -> dict[str, str]:
        raise AssertionError

    async with transaction():
        del statements[:]
        for event in ("customer.created", "customer.verified"):
            await announce(event, company="comp_1", site="site_1", customer=ADA, data=never)
        assert len(statements) == 1
        assert "webhook_endpoint" in statements[0]
        # The control: where somebody listens there is something to be written.
        with pytest.raises(AssertionError):
            await announce(
                "customer.created", company="comp_1", site="site_2", customer=ADA, data=never
            )


@ON_SQLITE
async def test_a_quiet_request_is_told_to_nobody(database: str) -> None:
    site, *_ = await open_storefronts()
    await listen_at(site)

    await tell(quiet=Quiet(webhooks=True))

    assert await events() == []


async def test_a_customer_who_changes_twice_at_once_is_told_of_once(database: str) -> None:
    site, *_ = await open_storefronts()
    await listen_at(site)
    names = iter(("Ada", "Augusta Ada"))

    async def told() -> dict[str, str]:
        return {"id": ADA, "name": next(names)}

    async with transaction():
        for customer in (ADA, ADA):
            await announce(
                "customer.updated", company="comp_1", site="site_1", customer=customer, data=told
            )

    (event,) = await events()
    assert json.loads(event["body"])["data"]["name"] == "Augusta Ada"
    assert len(await deliveries()) == 1


@ON_SQLITE
async def test_who_comes_to_be_was_not_changed_and_each_transaction_tells_its_own(
    database: str,
) -> None:
    site, *_ = await open_storefronts()
    await listen_at(site)

    async def told() -> dict[str, str]:
        return TOLD

    async with transaction():
        for what in ("created", "updated", "verified"):
            await announce(
                f"customer.{what}", company="comp_1", site="site_1", customer=ADA, data=told
            )
    await tell()

    found = [row["type"] for row in await events()]
    assert found == ["customer.created", "customer.verified", "customer.updated"]


async def test_what_is_told_once_is_told_once(database: str) -> None:
    site, other, _ = await open_storefronts()
    await listen_at(site)
    await listen_at(other)

    for name in ("trial:sub_1", "trial:sub_1", "trial:sub_2"):
        await tell("subscription.trial_ending", once=name)
    await tell("subscription.trial_ending", once="trial:sub_1", site="site_2")

    assert len(await events()) == 3
    assert len(await deliveries()) == 3


@ON_SQLITE
async def test_an_endpoint_that_was_turned_off_since_we_looked_is_told_nothing(
    database: str,
) -> None:
    site, *_ = await open_storefronts()
    endpoint, _ = await listen_at(site)
    await tell()
    await run_sql("UPDATE webhook_endpoint SET state = 'off'")

    await tell()

    assert len(await deliveries()) == 1
    await change_endpoint("comp_1", endpoint.id, is_on=True, actor="operator")
    await tell()
    await remove_endpoint("comp_1", endpoint.id, actor="operator")
    await tell()
    assert [row["state"] for row in await deliveries()] == ["skipped", "skipped"]


async def test_another_processs_endpoint_is_told_of_the_very_next_event(database: str) -> None:
    """What this process saw a moment ago is no answer: of that, others may have made another."""
    site, *_ = await open_storefronts()
    endpoint, _ = await listen_at(site, types=["customer.deleted"])
    assert not await is_wanted_by("comp_1", "customer.updated")
    await tell()
    # As another process does it: this one forgets nothing.
    await run_sql("UPDATE webhook_endpoint SET types = '[\"*\"]'")
    assert not await is_wanted_by("comp_1", "customer.updated")

    await tell()

    assert len(await deliveries()) == 1
    await run_sql("DELETE FROM webhook_endpoint WHERE id = {}", endpoint.id)
    await tell()
    assert len(await deliveries()) == 1

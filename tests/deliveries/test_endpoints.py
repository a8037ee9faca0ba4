"""Endpoints of a seller: shown their secret once, each company its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from portal.database import run_sql
from portal.deliveries.announce import announce_test
from portal.deliveries.endpoint import NoSuchEndpoint, secrets_of
from portal.deliveries.endpoints import (
    MOST,
    TooManyEndpoints,
    change_endpoint,
    create_endpoint,
    find_endpoint,
    list_endpoints,
    remove_endpoint,
    rotate_secret,
)
from portal.errors import InvalidDetails
from tests.databases import ON_SQLITE
from tests.deliveries.telling import deliveries, listen_at, open_storefronts, tell


async def test_an_endpoint_is_made_and_its_secret_lies_sealed(database: str) -> None:
    site, *_ = await open_storefronts()
    made: list[str] = []

    async def note(endpoint: str) -> None:
        made.append(endpoint)

    endpoint, secret = await create_endpoint(
        site, url="https://shop.example/", types=["customer.created"], actor="key_1", made_by=note
    )

    assert await find_endpoint("comp_1", endpoint.id) == endpoint
    assert (endpoint.site, endpoint.types, endpoint.state) == (site.id, ("customer.created",), "on")
    assert made == [endpoint.id]
    (row,) = await run_sql("SELECT * FROM webhook_endpoint")
    assert secret not in str(row)
    assert [one.text for one in secrets_of(row["secrets"])] == [secret]
    (entry,) = await run_sql("SELECT * FROM audit_entry")
    assert (entry["action"], entry["actor"]) == ("webhook_endpoint.created", "key_1")


@ON_SQLITE
async def test_every_wrong_answer_is_named(database: str) -> None:
    site, *_ = await open_storefronts()

    with pytest.raises(InvalidDetails) as caught:
        await create_endpoint(site, url="http://10.0.0.1/", types=["all"], actor="key_1")

    assert {name: one.code for name, one in caught.value.problems.items()} == {
        "url": "url_not_https",
        "types": "event_type_unknown",
    }
    assert await list_endpoints("comp_1") == []


async def test_a_storefront_has_so_many_and_no_more(database: str) -> None:
    site, other, _ = await open_storefronts()
    for _ in range(MOST):
        await listen_at(site)

    with pytest.raises(TooManyEndpoints):
        await listen_at(site)

    await listen_at(other)
    assert len(await list_endpoints("comp_1")) == MOST + 1
    assert len(await list_endpoints("comp_1", sites=[other.id])) == 1


async def test_what_is_given_is_changed_and_nothing_else(database: str) -> None:
    site, *_ = await open_storefronts()
    endpoint, _ = await listen_at(site, types=["customer.created", "customer.updated"])
    await tell()

    off = await change_endpoint("comp_1", endpoint.id, is_on=False, actor="key_1")
    moved = await change_endpoint("comp_1", endpoint.id, url="https://b.example/", actor="key_1")
    on = await change_endpoint("comp_1", endpoint.id, is_on=True, types=["*"], actor="key_1")

    assert (off.state, off.why, off.url) == ("off", "turned_off", endpoint.url)
    assert (moved.state, moved.why, moved.url) == ("off", "turned_off", "https://b.example/")
    assert (on.state, on.why, on.types) == ("on", "", ("*",))
    assert [row["state"] for row in await deliveries()] == ["skipped"]


async def test_a_new_secret_comes_first_and_the_former_stays_a_while(database: str) -> None:
    site, *_ = await open_storefronts()
    endpoint, former = await listen_at(site)

    present = await rotate_secret("comp_1", endpoint.id, actor="key_1")

    (row,) = await run_sql("SELECT secrets FROM webhook_endpoint")
    known = secrets_of(row["secrets"])
    assert [one.text for one in known] == [present, former]
    assert known[0].until is None
    assert known[1].until is not None


FOREIGN: dict[str, Callable[[str], Awaitable[object]]] = {
    "find": lambda endpoint: find_endpoint("comp_2", endpoint),
    "change": lambda endpoint: change_endpoint("comp_2", endpoint, is_on=False, actor="key_2"),
    "rotate": lambda endpoint: rotate_secret("comp_2", endpoint, actor="key_2"),
    "remove": lambda endpoint: remove_endpoint("comp_2", endpoint, actor="key_2"),
    "test": lambda endpoint: announce_test("comp_2", endpoint),
}


@ON_SQLITE
@pytest.mark.parametrize("what", FOREIGN)
async def test_another_sellers_endpoint_is_none(database: str, what: str) -> None:
    site, *_ = await open_storefronts()
    endpoint, _ = await listen_at(site)
    before = await run_sql("SELECT * FROM webhook_endpoint")

    with pytest.raises(NoSuchEndpoint):
        await FOREIGN[what](endpoint.id)

    assert await run_sql("SELECT * FROM webhook_endpoint") == before
    assert await deliveries() == []

"""Searches: the language of queries, pages, and the time until something new is found."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.selling import ADA, a_price, ada

GRACE = {"email": "grace@example.com", "name": "Grace O'Malley", "metadata": {"site": "ie"}}


@pytest.fixture
async def people(api: Any, control: Control) -> dict[str, str]:
    """Ada and Grace, whom searches know; by their ids."""
    made = {
        (await ada(api)).id: "Ada",
        (await api.customers.create_async({**GRACE, "phone": ADA["phone"]})).id: "Grace",
    }
    await control.post("clock", {"advance": 61})
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("email:'ada@example.com'", ["Ada"]),
        ('email:"ADA@example.com"', ["Ada"]),
        ("email:'ada'", []),
        ("email~'example'", ["Grace", "Ada"]),
        ('name~"o\'mal"', ["Grace"]),
        (r"name:'Grace O\'Malley'", ["Grace"]),
        ("metadata['site']:'uk'", ["Ada"]),
        ('metadata["site"]:"fr"', []),
        ("metadata['colour']:null", ["Grace", "Ada"]),
        ("-metadata['site']:'uk'", ["Grace"]),
        ("-email:'ada@example.com' AND phone:'+442079460000'", ["Grace"]),
        ("email:'ada@example.com' OR metadata['site']:'ie'", ["Grace", "Ada"]),
        ("email:'ada@example.com' metadata['site']:'ie'", []),
        ("created>0", ["Grace", "Ada"]),
        ("created<1000", []),
        ("created>='1' AND created<=9999999999", ["Grace", "Ada"]),
        ("phone:null", []),
    ],
)
async def test_a_query_finds_who_is_meant(
    api: Any, people: dict[str, str], query: str, found: list[str]
) -> None:
    answer = await api.customers.search_async({"query": query})

    assert [people[each.id] for each in answer.data] == found


@pytest.mark.parametrize(
    "query",
    [
        "ada",
        "email:ada",
        "email:'ada",
        "email='ada@example.com'",
        "email:'a' AND name:'b' OR name:'c'",
        "email:'a'name:'b'",
        "email~'ad'",
        "colour:'red'",
        "metadata:'uk'",
        "created~'123'",
        "created>'soon'",
        "(email:'a')",
        " AND ".join(["name:'Ada'"] * 11),
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(api: Any, query: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.customers.search_async({"query": query})

    assert refusal.value.param == "query"


async def test_what_is_new_is_found_later(api: Any, control: Control) -> None:
    await ada(api)
    wanted = {"query": "email:'ada@example.com'"}
    assert (await api.customers.search_async(wanted)).data == []
    assert (await control.get("search"))["lag"] == 60

    await control.post("search", {"lag": 0})
    assert len((await api.customers.search_async(wanted)).data) == 1
    await control.post("search", {"lag": 30})
    assert (await api.customers.search_async(wanted)).data == []
    await control.post("clock", {"advance": 30})
    (found,) = (await api.customers.search_async(wanted)).data
    await api.customers.delete_async(found.id)
    assert (await api.customers.search_async(wanted)).data == []


async def test_results_come_in_pages(api: Any, control: Control) -> None:
    made = [(await ada(api)).id for _ in range(5)]
    await control.post("search", {"lag": 0})
    wanted = {"query": "email~'ada'", "limit": 2, "expand": ["total_count"]}

    first = await api.customers.search_async(wanted)
    second = await api.customers.search_async({**wanted, "page": first.next_page})

    assert [each.id for each in first.data] == made[:2:-1]
    assert (first.has_more, first.total_count) == (True, 5)
    assert [each.id for each in second.data] == made[2:0:-1]
    assert [each.id async for each in first.auto_paging_iter()] == made[::-1]
    for page in ("tea", "dGVh"):
        with pytest.raises(stripe.InvalidRequestError):
            await api.customers.search_async({**wanted, "page": page})


async def test_what_is_sold_and_what_is_owed_is_found_too(api: Any, control: Control) -> None:
    await control.post("search", {"lag": 0})
    price = await a_price(api, unit_amount=900, lookup_key="tea-monthly", metadata={"a": "b"})
    customer = await ada(api)
    subscription = await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}], "metadata": {"site": "uk"},
         "payment_behavior": "default_incomplete"}
    )  # fmt: skip

    async def found(service: Any, query: str) -> list[str]:
        return [each.id for each in (await service.search_async({"query": query})).data]

    assert await found(api.prices, "lookup_key:'tea-monthly' AND active:'true'") == [price.id]
    assert await found(api.prices, "-metadata['a']:'b'") == []
    assert await found(api.products, "name~'tea' AND active:'true'") == [price.product]
    owed = "metadata['site']:'uk' AND status:'incomplete'"
    assert await found(api.subscriptions, owed) == [subscription.id]
    assert await found(api.invoices, f"customer:'{customer.id}' AND total>899") == [
        subscription.latest_invoice
    ]
    with_product = await api.prices.search_async(
        {"query": "type:'recurring'", "expand": ["data.product"]}
    )
    assert with_product.data[0].product.name == "Tea"

"""Customers listed and searched: a page at a time, and nobody of another company."""

from __future__ import annotations

from typing import Any

import pytest

from portal import clock
from portal.api.customer_models import CustomerList
from portal.app import Portal
from portal.database import run_sql
from portal.privacy.erase import erase_what_is_due
from portal.sites.storefront import forget_sites
from portal.sites.tables import Company, Site
from tests.api.calling import ADA, Program, program_with
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop

NAMES = ("ada", "grace", "mary", "sofya", "emmy")


async def make_all(program: Program) -> list[str]:
    """Make five customers; return their ids, the newest first."""
    made = [
        await program.post(
            "/v1/customers",
            {
                "email": f"{name}@example.com",
                "first_name": name.title(),
                "external_id": f"x-{name}",
                "plan": None,
            },
        )
        for name in NAMES
    ]
    return [answer.json()["id"] for answer in reversed(made)]


async def ids(program: Program, query: str = "", path: str = "/v1/customers") -> list[str]:
    answer = await program.get(f"{path}?{query}")
    assert answer.status_code == 200, answer.text
    CustomerList.model_validate_json(answer.content, strict=True)
    return [customer["id"] for customer in answer.json()["data"]]


async def test_pages_go_on_from_an_id_and_back_to_one(shop: Shop, program: Program) -> None:
    everyone = await make_all(program)
    first = (await program.get("/v1/customers?limit=2")).json()
    await program.delete(f"/v1/customers/{everyone[1]}")

    assert [one["id"] for one in first["data"]] == everyone[:2]
    assert (first["has_more"], first["url"]) == (True, "/v1/customers")
    behind = await ids(program, f"limit=2&starting_after={everyone[1]}")
    assert behind == everyone[2:4]
    assert await ids(program, f"limit=2&ending_before={everyone[4]}") == everyone[2:4]
    assert await ids(program) == [everyone[0], *everyone[2:]]
    assert await ids(program, "status=deleted") == [everyone[1]]


@ON_SQLITE
async def test_of_who_is_gone_a_list_tells_no_more_than_that(shop: Shop, program: Program) -> None:
    ada, grace = [
        (await program.post("/v1/customers", ADA | {"email": f"{name}@example.com"})).json()["id"]
        for name in ("ada", "grace")
    ]
    await shop.work_in_the_end()
    await program.delete(f"/v1/customers/{ada}")
    await program.post(f"/v1/customers/{grace}/erase")
    await erase_what_is_due()

    for gone, status in ((ada, "deleted"), (grace, "erased")):
        listed = (await program.get(f"/v1/customers?status={status}")).json()["data"]
        told = (await program.get(f"/v1/customers/{gone}")).json()["tombstone"]
        assert listed == [told]
        assert told.keys() == {"id", "object", "deleted", "deleted_at"}
    rows = await run_sql("SELECT search FROM customer")
    assert {row["search"] for row in rows} == {""}


async def test_filters_say_whom(shop: Shop, program: Program) -> None:
    everyone = await make_all(program)
    held = (await program.post("/v1/customers", ADA | {"plan": "studio"})).json()["id"]
    await shop.work_in_the_end()
    (ada,) = await run_sql("SELECT created_at FROM customer WHERE id = {}", everyone[-1])
    at = ada["created_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    assert await ids(program, "email=GRACE%40example.com") == [everyone[3]]
    assert await ids(program, "limit=1.0") == [held]
    assert await ids(program, "email=nobody") == []
    assert await ids(program, "external_id=x-mary") == [everyone[2]]
    assert await ids(program, "plan=studio") == [held]
    assert await ids(program, f"created%5Blte%5D={at}") == [everyone[-1]]
    assert len(await ids(program, f"created%5Bgt%5D={at}&site=1")) == 5
    assert await ids(program, "query=grace+exam", "/v1/customers/search") == [everyone[3]]
    assert await ids(program, "query=x-sofya", "/v1/customers/search") == [everyone[1]]
    assert await ids(program, "query=100%25", "/v1/customers/search") == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 400, "invalid_body"),
        ("limit=101", 400, "invalid_body"),
        ("limit=1_0", 400, "invalid_body"),
        ("limit=1&limit=2", 400, "invalid_body"),
        ("colour=red", 400, "invalid_body"),
        ("starting_after=cust_1&ending_before=cust_2", 422, "both_cursors"),
        ("created[gt]=yesterday", 400, "invalid_body"),
        ("created[gt]=2026-13-41", 422, "invalid_details"),
        ("site=9", 404, "not_found"),
    ],
)
@ON_SQLITE
async def test_what_cannot_be_asked_is_said(
    program: Program, query: str, status: int, code: str
) -> None:
    answer = await program.get(f"/v1/customers?{query}")

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_a_key_sees_its_company_and_its_sites_alone(
    shop: Shop, portal: Portal, program: Program
) -> None:
    everyone = await make_all(program)
    now = clock.now()
    await Company.insert(Company(id="comp_2", key="other", name="Other", created_at=now))
    await Site.insert(
        Site(id="site_9", number=9, company="comp_2", key="o", country="US", currency="usd",
             created_at=now)
    )  # fmt: skip
    forget_sites()
    keys: list[dict[str, Any]] = [{"company": "comp_2"}, {"sites": ["site_2"]}]
    for key in keys:
        async with program_with(portal, **key) as other:
            assert await ids(other) == []
            assert await ids(other, "query=example", "/v1/customers/search") == []
            for method in ("GET", "DELETE", "PATCH"):
                said: dict[str, Any] = {"json": {}} if method == "PATCH" else {}
                path = f"/v1/customers/{everyone[0]}"
                asked = await other.http.request(method, path, **said)
                assert asked.status_code == 404, method
            erase = await other.post(f"/v1/customers/{everyone[0]}/erase")
            assert erase.status_code == 404
    forget_sites()
    assert await ids(program) == everyone

"""The log of webhooks by the API: what was sent, by whom it may be read, and once more."""

from __future__ import annotations

import asyncio

import httpx

from portal.api.webhook_models import (
    Deliveries,
    DeliveryWithPayload,
)
from portal.app import Portal
from tests.api.calling import Program, program_with
from tests.api.hooked import DELIVERIES, ENDPOINTS, made
from tests.databases import ON_SQLITE
from tests.deliveries.receiver import receiving
from tests.deliveries.telling import tell
from tests.onboarding.shop import Shop

WITHIN_S = 20.0


async def delivered(program: Program, delivery: str) -> httpx.Response:
    """Wait until the worker beside the application has brought it there."""
    async with asyncio.timeout(WITHIN_S):
        while (told := await program.get(f"{DELIVERIES}/{delivery}")).json()["state"] != "done":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return told


async def test_a_test_event_is_sent_logged_and_sent_again(shop: Shop, program: Program) -> None:
    async with receiving(status=200, words=b"thanks") as receiver:
        endpoint = await made(program, url=receiver.url, types=["customer.deleted"])
        asked = await program.post(f"{ENDPOINTS}/{endpoint['id']}/test")
        told = await delivered(program, asked.json()["id"])
        again = await program.post(f"{DELIVERIES}/{asked.json()['id']}/replay")
        await delivered(program, again.json()["id"])
        listed = await program.get(DELIVERIES, params={"endpoint": endpoint["id"]})

    assert (asked.status_code, again.status_code) == (202, 202)
    assert asked.json()["state"] == "waiting"
    for answer in (asked, told, again):
        DeliveryWithPayload.model_validate_json(answer.content, strict=True)
    Deliveries.model_validate_json(listed.content, strict=True)
    assert (told.json()["state"], told.json()["response"]) == ("done", "thanks")
    assert [taken.verified(endpoint["secret"])["type"] for taken in receiver.taken] == [
        *("endpoint.test", "endpoint.test"),
    ]
    assert again.json()["replay_of"] == told.json()["id"]
    assert [one["state"] for one in listed.json()["data"]] == ["done", "done"]
    assert endpoint["secret"] not in listed.text + told.text


@ON_SQLITE
async def test_what_a_program_does_is_told_unless_it_asks_not_to(
    shop: Shop, program: Program
) -> None:
    await made(program)
    for email, headers in (
        ("ada@lovelace.example", {}),
        ("grace@hopper.example", {"portal-event-webhook": "all-disabled"}),
    ):
        body = {"email": email, "plan": None}
        answer = await program.http.post("/v1/customers", json=body, headers=headers)
        assert answer.status_code == 201

    (told,) = (await program.get(DELIVERIES, params={"type": "customer.created"})).json()["data"]
    payload = (await program.get(f"{DELIVERIES}/{told['id']}")).json()["payload"]
    assert payload["data"]["email"] == "ada@lovelace.example"


@ON_SQLITE
async def test_what_is_sent_of_a_customer_is_told_to_who_may_read_customers_alone(
    shop: Shop, portal: Portal, program: Program
) -> None:
    endpoint = await made(program)
    await tell()
    (told,) = (await program.get(DELIVERIES)).json()["data"]

    async with program_with(portal, scopes=["webhooks:read", "webhooks:write"]) as plumber:
        read = await plumber.get(f"{DELIVERIES}/{told['id']}")
        tried = await plumber.post(f"{ENDPOINTS}/{endpoint['id']}/test")

    for answer in (read, tried):
        DeliveryWithPayload.model_validate_json(answer.content, strict=True)
    assert read.json()["payload"] is None
    assert "ada@example.com" not in read.text
    assert tried.json()["payload"]["type"] == "endpoint.test"


@ON_SQLITE
async def test_the_log_goes_by_pages_and_by_what_is_asked(shop: Shop, program: Program) -> None:
    endpoint = await made(program)
    for number in range(5):
        await tell("customer.deleted" if number else "customer.created")

    first = (await program.get(DELIVERIES, params={"limit": 2})).json()
    after = {"limit": 3, "starting_after": first["data"][-1]["id"]}
    rest = (await program.get(DELIVERIES, params=after)).json()
    before = {"limit": 2, "ending_before": rest["data"][-1]["id"]}
    back = (await program.get(DELIVERIES, params=before)).json()
    both = await program.get(DELIVERIES, params=before | after)
    created = await program.get(DELIVERIES, params={"type": "customer.created", "site": "1"})

    assert (first["has_more"], rest["has_more"], back["has_more"]) == (True, False, True)
    assert [one["id"] for one in back["data"]] == [one["id"] for one in rest["data"][:2]]
    assert (both.status_code, both.json()["code"]) == (422, "both_cursors")
    (only,) = created.json()["data"]
    assert (only["type"], only["endpoint"]) == ("customer.created", endpoint["id"])
    past = {"created[lt]": "2026-01-01"}
    assert (await program.get(DELIVERIES, params=past)).json()["data"] == []
    now = {"created[gte]": "2026-01-01T00:00:00Z"}
    assert len((await program.get(DELIVERIES, params=now)).json()["data"]) == 5
    for wrong in ({"limit": 0}, {"state": "lost"}, {"site": "x"}, {"page": 2}):
        assert (await program.get(DELIVERIES, params=wrong)).status_code == 400
    assert (await program.get(DELIVERIES, params={"site": "99"})).status_code == 404


@ON_SQLITE
async def test_what_is_off_is_sent_nothing(shop: Shop, program: Program) -> None:
    endpoint = await made(program)
    await tell()
    (delivery,) = (await program.get(DELIVERIES)).json()["data"]
    await program.patch(f"{ENDPOINTS}/{endpoint['id']}", {"enabled": False})

    replayed = await program.post(f"{DELIVERIES}/{delivery['id']}/replay")
    tried = await program.post(f"{ENDPOINTS}/{endpoint['id']}/test")

    for answer in (replayed, tried):
        assert (answer.status_code, answer.json()["code"]) == (409, "endpoint_is_off")
    assert (await program.get(f"{DELIVERIES}/{delivery['id']}")).json()["state"] == "skipped"

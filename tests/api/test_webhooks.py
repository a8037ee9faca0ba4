"""Webhook endpoints and their log by the API: signed, tried, replayed; each seller its own."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from portal import clock
from portal.api.webhook_models import (
    Deliveries,
    DeliveryWithPayload,
    Endpoint,
    Endpoints,
    EndpointWithSecret,
)
from portal.app import Portal
from portal.database import run_sql
from portal.deliveries.endpoint import secrets_of
from portal.sealing import unseal
from portal.settings import configure
from portal.sites.tables import Company
from tests.api.calling import Program, program_with
from tests.databases import ON_SQLITE
from tests.deliveries.receiver import receiving
from tests.deliveries.telling import tell
from tests.onboarding.shop import Shop

WITHIN_S = 20.0
URL, NOBODY = {"url": "https://shop.example/hooks"}, {"url": "http://127.0.0.1:9/hooks"}
BODIES = "SELECT body FROM answered WHERE body IS NOT NULL"
KEPT = "SELECT id, url, types, secrets, state FROM webhook_endpoint"
ENDPOINTS, DELIVERIES = "/v1/webhook_endpoints", "/v1/webhook_deliveries"


async def delivered(program: Program, delivery: str) -> httpx.Response:
    """Wait until the worker beside the application has brought it there."""
    async with asyncio.timeout(WITHIN_S):
        while (told := await program.get(f"{DELIVERIES}/{delivery}")).json()["state"] != "done":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return told


async def made(program: Program, **body: object) -> dict[str, str]:
    """Make an endpoint at which, unless another is named, nobody listens."""
    configure(webhook_private_hosts="127.0.0.1")
    answer = await program.post(ENDPOINTS, NOBODY | body)
    assert answer.status_code == 201, answer.text
    found: dict[str, str] = answer.json()
    return found


async def test_an_endpoint_goes_through_its_life(shop: Shop, program: Program) -> None:
    created = await program.post(ENDPOINTS, URL | {"site": "1", "types": ["customer.created"]})
    id = created.json()["id"]
    told = await program.get(f"{ENDPOINTS}/{id}")
    changed = await program.patch(f"{ENDPOINTS}/{id}", {"enabled": False})
    rotated = await program.post(f"{ENDPOINTS}/{id}/rotate")
    listed = await program.get(ENDPOINTS)
    removed = await program.delete(f"{ENDPOINTS}/{id}")

    EndpointWithSecret.model_validate_json(created.content, strict=True)
    EndpointWithSecret.model_validate_json(rotated.content, strict=True)
    Endpoint.model_validate_json(told.content, strict=True)
    Endpoints.model_validate_json(listed.content, strict=True)
    assert created.json()["secret"] != rotated.json()["secret"]
    assert "secret" not in told.text + changed.text + listed.text
    assert (changed.json()["state"], changed.json()["why"]) == ("off", "turned_off")
    assert (changed.json()["url"], changed.json()["types"]) == (URL["url"], ["customer.created"])
    assert removed.json() == {"id": id, "object": "webhook_endpoint", "deleted": True}
    for answer in (
        *(await program.get(f"{ENDPOINTS}/{id}"), await program.delete(f"{ENDPOINTS}/{id}")),
        *(
            await program.patch(f"{ENDPOINTS}/{id}", {}),
            await program.post(f"{ENDPOINTS}/{id}/test"),
        ),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    actors = await run_sql("SELECT actor FROM audit_entry WHERE action LIKE 'webhook_endpoint.%'")
    assert {row["actor"] for row in actors} == {program.key_id}


@ON_SQLITE
@pytest.mark.parametrize(
    ("body", "status", "pointer", "code"),
    [
        ({}, 400, "/url", ""),
        ({"url": "shop.example"}, 400, "/url", ""),
        ({"url": "https://büro.example/"}, 400, "/url", ""),
        (URL | {"types": []}, 400, "/types", ""),
        (URL | {"types": ["customer.*"]}, 400, "/types/0", ""),
        (URL | {"types": ["import.finished"]}, 400, "/types/0", ""),
        ({"url": "http://shop.example/"}, 422, "/url", "url_not_https"),
        ({"url": "https://10.0.0.1/"}, 422, "/url", "url_private"),
        ({"url": "https://localhost/"}, 422, "/url", "url_private"),
        ({"url": "https://ada:pw@shop.example/"}, 422, "/url", "url_with_password"),
    ],
)
async def test_what_cannot_be_called_is_refused_by_name(
    program: Program, body: dict[str, object], status: int, pointer: str, code: str
) -> None:
    answer = await program.post(ENDPOINTS, body)

    assert answer.status_code == status
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert not code or error["code"] == code
    assert (await program.get(ENDPOINTS)).json()["data"] == []


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
async def test_who_may_not_read_customers_has_them_sent_nowhere(
    shop: Shop, portal: Portal, program: Program
) -> None:
    endpoint = await made(program)
    await tell()
    (told,) = (await program.get(DELIVERIES)).json()["data"]
    before, at = await run_sql(KEPT), f"{ENDPOINTS}/{endpoint['id']}"

    async with program_with(portal, scopes=["webhooks:read", "webhooks:write"]) as plumber:
        shut = [
            await plumber.post(ENDPOINTS, URL),
            await plumber.post(
                ENDPOINTS, URL | {"types": ["customer.deleted", "customer.created"]}
            ),
            await plumber.post(ENDPOINTS, URL | {"types": ["addon.purchase.success"]}),
            await plumber.patch(at, {"url": "https://mallory.example/"}),
            await plumber.patch(at, {"types": ["subscription.updated"]}),
            await plumber.patch(at, {"enabled": True}),
            await plumber.post(f"{DELIVERIES}/{told['id']}/replay"),
        ]
        assert await run_sql(KEPT) == before
        assert len((await plumber.get(DELIVERIES)).json()["data"]) == 1
        # The control: of who is gone they may hear, and turn off what others made.
        own = await plumber.post(ENDPOINTS, URL | {"types": ["customer.deleted"]})
        moved = await plumber.patch(
            f"{ENDPOINTS}/{own.json()['id']}", {"url": "https://b.example/"}
        )
        off = await plumber.patch(at, {"enabled": False})

    for answer in shut:
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
        assert 'scope="customers:read"' in answer.headers["www-authenticate"]
    assert [answer.status_code for answer in (own, moved, off)] == [201, 200, 200]


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


@ON_SQLITE
async def test_mallory_and_another_sites_key_see_none_of_it(
    shop: Shop, portal: Portal, program: Program
) -> None:
    endpoint = await made(program)
    await tell()
    (delivery,) = (await program.get(DELIVERIES)).json()["data"]
    before = await run_sql(KEPT)
    await Company.insert(Company(id="comp_2", key="mallory", name="M", created_at=clock.now()))

    async with (
        program_with(portal, "comp_2") as mallory,
        program_with(portal, sites=["site_9"]) as elsewhere,
    ):
        for stranger in (mallory, elsewhere):
            assert (await stranger.get(ENDPOINTS)).json()["data"] == []
            assert (await stranger.get(DELIVERIES)).json()["data"] == []
            answers = [
                await stranger.get(f"{ENDPOINTS}/{endpoint['id']}"),
                await stranger.patch(f"{ENDPOINTS}/{endpoint['id']}", {"enabled": False}),
                await stranger.post(f"{ENDPOINTS}/{endpoint['id']}/rotate"),
                await stranger.post(f"{ENDPOINTS}/{endpoint['id']}/test"),
                await stranger.delete(f"{ENDPOINTS}/{endpoint['id']}"),
                await stranger.get(f"{DELIVERIES}/{delivery['id']}"),
                await stranger.post(f"{DELIVERIES}/{delivery['id']}/replay"),
                await stranger.post(ENDPOINTS, NOBODY | {"site": "1"}),
            ]
            assert [answer.status_code for answer in answers] == 8 * [404]

    assert await run_sql(KEPT) == before
    assert len((await program.get(DELIVERIES)).json()["data"]) == 1


@ON_SQLITE
async def test_one_endpoint_is_made_whatever_breaks_and_its_secret_is_told_once(
    shop: Shop, program: Program
) -> None:
    named = {"idempotency-key": "the-first-endpoint"}
    first = await program.http.post(ENDPOINTS, json=URL, headers=named)
    again = await program.http.post(ENDPOINTS, json=URL, headers=named)
    rotate = f"{ENDPOINTS}/{first.json()['id']}/rotate"
    rotated, too = [await program.http.post(rotate, headers=named) for _ in range(2)]
    kept = [unseal(row["body"], "repeated answer") for row in await run_sql(BODIES)]
    (row,) = await run_sql(KEPT)
    tried = await program.http.post(f"{ENDPOINTS}/{row['id']}/test", headers=named)
    # As if the server had died after it made the endpoint, and before anybody was answered.
    await run_sql(
        "UPDATE answered SET state = 'running', status = NULL, body = NULL, lease_until = {}"
        " WHERE made IS NOT NULL",
        clock.now() - timedelta(minutes=1),
    )
    third = await program.http.post(ENDPOINTS, json=URL, headers=named)
    turned = await program.http.post(rotate, headers=named)
    retried = await program.http.post(f"{ENDPOINTS}/{row['id']}/test", headers=named)

    for told, repeated in ((first, again), (rotated, too)):
        assert repeated.status_code == told.status_code
        assert repeated.json() == told.json() | {"secret": None}
        EndpointWithSecret.model_validate_json(repeated.content, strict=True)
    assert len(kept) == 2
    assert "whsec_" not in "".join(kept)
    assert secrets_of(row["secrets"])[0].text == rotated.json()["secret"]
    assert third.status_code == 201
    assert third.json()["id"] == first.json()["id"]
    assert tried.json()["id"] == retried.json()["id"]
    assert third.json()["secret"] == turned.json()["secret"] == rotated.json()["secret"]
    assert len((await program.get(ENDPOINTS)).json()["data"]) == 1
    assert len((await program.get(DELIVERIES)).json()["data"]) == 1
    rotations = "SELECT id FROM audit_entry WHERE action = 'webhook_endpoint.secret_rotated'"
    assert len(await run_sql(rotations)) == 1

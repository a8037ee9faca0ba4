"""Webhook endpoints by the API: made, changed, given new secrets; each seller its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.api.webhook_models import (
    Endpoint,
    Endpoints,
    EndpointWithSecret,
)
from portal.app import Portal
from portal.database import run_sql
from portal.deliveries.endpoint import secrets_of
from portal.sealing import unseal
from portal.sites.tables import Company
from tests.api.calling import Program, program_with
from tests.api.hooked import DELIVERIES, ENDPOINTS, NOBODY, made
from tests.databases import ON_SQLITE
from tests.deliveries.telling import tell
from tests.onboarding.shop import Shop

URL = {"url": "https://shop.example/hooks"}
BODIES = "SELECT body FROM answered WHERE body IS NOT NULL"
KEPT = "SELECT id, url, types, secrets, state FROM webhook_endpoint"


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
            await plumber.post(f"{at}/rotate"),
            await plumber.delete(at),
        ]
        assert await run_sql(KEPT) == before
        assert len((await plumber.get(DELIVERIES)).json()["data"]) == 1
        # The control: of who is gone they may hear, and turn off what others made.
        own = await plumber.post(ENDPOINTS, URL | {"types": ["customer.deleted"]})
        moved = await plumber.patch(
            f"{ENDPOINTS}/{own.json()['id']}", {"url": "https://b.example/"}
        )
        off = await plumber.patch(at, {"enabled": False})
        mine = f"{ENDPOINTS}/{own.json()['id']}"
        turned = await plumber.post(f"{mine}/rotate")
        gone = await plumber.delete(mine)

    for answer in shut:
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
        assert 'scope="customers:read"' in answer.headers["www-authenticate"]
    assert [answer.status_code for answer in (own, moved, off, turned, gone)] == [201, *4 * [200]]


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

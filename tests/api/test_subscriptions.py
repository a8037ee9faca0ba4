"""Subscriptions by the API: told, previewed, changed, paused and ended."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from portal.api.customer_models import CustomerList, CustomerTold
from portal.api.subscription_models import (
    ChangedSubscription,
    Preview,
    Subscription,
    Subscriptions,
)
from portal.app import Portal
from portal.billing.budget import Breaker
from portal.billing.gateway import gateway_of
from portal.database import run_sql
from tests.api.calling import ADA, Program, program_with
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.shelves import refreshed, sell_parts

WITH_PLAN = "expand[]=subscription"
# What is told in the place of an id needs the scope of what it is.
ONLY = {
    "customers:read": (f"/v1/customers/{{ada}}?{WITH_PLAN}", f"/v1/customers?{WITH_PLAN}"),
    "subscriptions:read": ("/v1/subscriptions/{held}?expand[]=customer",),
}


def as_described(answer: httpx.Response, model: type[BaseModel]) -> dict[str, Any]:
    """Return an answer's body, which has to be what the document says of it."""
    model.model_validate_json(answer.content, strict=True)
    return dict(answer.json())


async def subscribed(shop: Shop, program: Program, plan: str = "studio") -> tuple[str, str]:
    """Have Ada subscribed to this plan, paid from the first day, and return hers and its id."""
    await run_sql("UPDATE plan SET trial_days = 0, pausable = {}", True)
    await refreshed(shop)
    made = (await program.post("/v1/customers", ADA | {"plan": plan})).json()
    await shop.work_in_the_end()
    told = (await program.get(f"/v1/customers/{made['id']}")).json()
    stripe_id = told["gateway_customer_id"]
    card = await shop.stripe.post("payment_methods/pm_card_visa/attach", {"customer": stripe_id})
    await shop.stripe.post(
        f"customers/{stripe_id}", {"invoice_settings[default_payment_method]": card["id"]}
    )
    await _running(shop, made["id"])
    return made["id"], told["subscription"]["id"]


async def _running(shop: Shop, customer: str) -> None:
    from portal.subscriptions.refresh import refresh

    for _ in range(3):
        await refresh(customer)
        await shop.work_in_the_end()
    await refresh(customer)


async def test_a_subscription_is_told_with_its_customer_and_a_customer_with_theirs(
    shop: Shop, portal: Portal, program: Program
) -> None:
    ada, held = await subscribed(shop, program)
    other = {"email": "grace@hopper.example", "plan": None}
    grace = (await program.post("/v1/customers", other)).json()["id"]

    told = as_described(await program.get(f"/v1/subscriptions/{held}"), Subscription)
    whole = await program.get(f"/v1/subscriptions/{held}?expand[]=customer")
    listed = as_described(await program.get(f"/v1/subscriptions?customer={ada}"), Subscriptions)

    assert (told["status"], told["plan"], told["customer"]) == ("active", "studio", ada)
    assert listed["data"] == [told]
    assert as_described(whole, Subscription)["customer"]["email"] == ADA["email"]
    hers = as_described(await program.get(f"/v1/customers/{ada}?{WITH_PLAN}"), CustomerTold)
    assert hers["subscription"] == told
    for path in ("/v1/customers?", "/v1/customers/search?query=example&"):
        everybody = as_described(await program.get(f"{path}{WITH_PLAN}"), CustomerList)["data"]
        assert {one["id"]: one["subscription"] for one in everybody} == {grace: None, ada: told}
    for scope, paths in ONLY.items():
        async with program_with(portal, scopes=[scope], label=scope) as reader:
            for path in paths:
                shut = await reader.get(path.format(ada=ada, held=held))
                assert (shut.status_code, shut.json()["code"]) == (403, "insufficient_scope"), path


async def test_a_change_is_previewed_and_then_made(shop: Shop, program: Program) -> None:
    _, held = await subscribed(shop, program)
    path = f"/v1/subscriptions/{held}"

    preview = await program.post(f"{path}/preview", {"plan": "house"})
    changed = await program.post(f"{path}/change", {"plan": "house"})
    again = await program.post(f"{path}/change", {"plan": "house"})

    shown = as_described(preview, Preview)
    assert (preview.status_code, shown["when"], shown["due_today"]) == (200, "now", 3700)
    told = as_described(changed, ChangedSubscription)
    assert (changed.status_code, told["plan"]) == (200, "house")
    assert (told["change"]["state"], told["change"]["amount_today"]) == ("done", 3700)
    assert (again.status_code, again.json()["code"]) == (409, "cannot_change")
    assert again.json()["reason"] == "same_plan"


async def test_a_plan_is_paused_resumed_cancelled_kept_and_ended(
    shop: Shop, program: Program
) -> None:
    _, held = await subscribed(shop, program)
    path = f"/v1/subscriptions/{held}"

    async def done(what: str, body: Any = None) -> dict[str, Any]:
        answer = await program.post(f"{path}/{what}", body)
        assert answer.status_code == 200, answer.text
        return as_described(answer, ChangedSubscription)

    assert (await done("pause"))["paused"] is True
    assert (await done("pause"))["change"] is None
    assert (await done("resume"))["paused"] is False
    assert (await done("cancel", {"reason": "unused"}))["cancel_at_period_end"] is True
    assert (await done("keep"))["cancel_at_period_end"] is False
    assert (await done("cancel", {"when": "now"}))["status"] == "canceled"
    over = await program.post(f"{path}/cancel", {})
    assert (over.status_code, over.json()["code"]) == (409, "nothing_to_end")
    actors = await run_sql("SELECT actor FROM audit_entry WHERE action LIKE '%_asked'")
    assert {row["actor"] for row in actors} == {program.key_id}


@ON_SQLITE
async def test_add_ons_are_set_and_unknown_ones_refused(shop: Shop, program: Program) -> None:
    await sell_parts(shop)
    _, held = await subscribed(shop, program, "house")
    path = f"/v1/subscriptions/{held}/add_ons"

    two = await program.http.put(path, json={"add_ons": [{"key": "copies", "quantity": 2}]})
    unknown = await program.http.put(path, json={"add_ons": [{"key": "calls"}]})

    told = as_described(two, ChangedSubscription)
    assert [item["key"] for item in told["items"]] == ["house", "calls", "copies"]
    assert (unknown.status_code, unknown.json()["code"]) == (404, "add_on_not_on_offer")


@ON_SQLITE
async def test_what_stripe_has_not_done_yet_is_202(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, held = await subscribed(shop, program)
    monkeypatch.setattr("portal.subscriptions.on_behalf.PATIENCE_S", 0.2)
    await shop.stripe.fault(match="POST /v1/subscriptions/*", fault="delay", delay=2)

    answer = await program.post(f"/v1/subscriptions/{held}/cancel", {})

    assert answer.status_code == 202
    assert as_described(answer, ChangedSubscription)["change"]["state"] == "asked"
    await shop.stripe.mend()


@ON_SQLITE
async def test_the_same_request_again_changes_nothing_more(shop: Shop, program: Program) -> None:
    _, held = await subscribed(shop, program)
    again = {"idempotency-key": "change-1"}

    first, second = [
        await program.post(f"/v1/subscriptions/{held}/change", {"plan": "house"}, headers=again)
        for _ in range(2)
    ]
    (change,) = await run_sql("SELECT id FROM plan_change")
    await run_sql("UPDATE answered SET state = 'running', status = NULL, body = NULL")
    await run_sql("UPDATE answered SET lease_until = created_at")
    taken_over = await program.post(
        f"/v1/subscriptions/{held}/change", {"plan": "house"}, headers=again
    )

    assert (first.status_code, second.headers["idempotent-replayed"]) == (200, "true")
    assert first.json() == second.json()
    assert taken_over.status_code == 200
    assert taken_over.json()["change"]["id"] == change["id"]
    assert len(await run_sql("SELECT id FROM plan_change")) == 1


@ON_SQLITE
async def test_who_takes_a_request_over_does_nothing_more(shop: Shop, program: Program) -> None:
    """As if the server died after it was asked for, and somebody asked for something else since."""
    _, held = await subscribed(shop, program)

    async def twice(what: str, meanwhile: str) -> None:
        path, named = f"/v1/subscriptions/{held}", {"idempotency-key": f"once-{what}"}
        first = await program.post(f"{path}/{what}", headers=named)
        await program.post(f"{path}/{meanwhile}", {} if meanwhile == "cancel" else None)
        before = await run_sql("SELECT COUNT(*) AS n FROM plan_change")
        await run_sql("UPDATE answered SET state = 'running', status = NULL, body = NULL")
        await run_sql("UPDATE answered SET lease_until = created_at")
        again = await program.post(f"{path}/{what}", headers=named)
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.json()["change"]["id"] == first.json()["change"]["id"]
        assert await run_sql("SELECT COUNT(*) AS n FROM plan_change") == before

    await twice("pause", "resume")
    await program.post(f"/v1/subscriptions/{held}/pause")
    await twice("resume", "pause")
    await program.post(f"/v1/subscriptions/{held}/resume")
    await program.post(f"/v1/subscriptions/{held}/cancel", {})
    await twice("keep", "cancel")


@ON_SQLITE
async def test_who_asks_again_while_stripe_is_down_has_not_asked_too_often(
    shop: Shop, program: Program
) -> None:
    _, held = await subscribed(shop, program)
    transport = (await gateway_of("comp_1")).transport

    async def change() -> int:
        named = {"idempotency-key": "once"}
        path = f"/v1/subscriptions/{held}/change"
        return (await program.post(path, {"plan": "house"}, headers=named)).status_code

    transport.breaker = Breaker(_probe_at=time.monotonic() + 60)
    assert {await change() for _ in range(21)} == {503}
    transport.breaker = Breaker()
    assert await change() == 200


@ON_SQLITE
async def test_mallory_s_key_finds_nothing_of_ada_s(
    shop: Shop, portal: Portal, program: Program
) -> None:
    ada, held = await subscribed(shop, program)
    async with program_with(portal, sites=["site_2"]) as elsewhere:
        answers = [
            await elsewhere.get(f"/v1/subscriptions/{held}"),
            await elsewhere.get(f"/v1/subscriptions?customer={ada}"),
            await elsewhere.post(f"/v1/subscriptions/{held}/cancel", {}),
            await elsewhere.get(f"/v1/usage?customer={ada}"),
            await elsewhere.post("/v1/portal_sessions", {"customer": ada}),
        ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert not await run_sql("SELECT id FROM plan_change")


@ON_SQLITE
async def test_what_breaks_the_schema_is_named(shop: Shop, program: Program) -> None:
    _, held = await subscribed(shop, program)
    path = f"/v1/subscriptions/{held}"

    wrong = await program.post(f"{path}/change", {"quantity": "3", "plans": "house"})
    none = await program.get("/v1/subscriptions")

    pointers = {error["pointer"] for error in wrong.json()["errors"]}
    assert (wrong.status_code, pointers) == (400, {"/quantity", "/plans"})
    assert none.status_code == 400

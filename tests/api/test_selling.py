"""What is sold, used and led to by the API: plans, sites, usage, portal sessions."""

from __future__ import annotations

from typing import Any

from portal import clock
from portal.api.selling_models import Plan, Plans, Site, Sites, UsesTaken, UseTotals
from portal.api.subscription_models import PortalSession
from portal.app import Portal
from portal.database import run_sql
from portal.subscriptions.shown import written
from tests.api.calling import ADA, Program, program_with
from tests.api.test_subscriptions import as_described
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.shelves import change_site, refreshed, sell_parts

APP = "https://app.example"


@ON_SQLITE
async def test_plans_and_sites_are_told(shop: Shop, program: Program) -> None:
    await sell_parts(shop)

    plans = as_described(await program.get("/v1/plans"), Plans)["data"]
    there = as_described(await program.get("/v1/plans?site=2"), Plans)["data"]
    house = as_described(await program.get("/v1/plans/house"), Plan)
    sites = as_described(await program.get("/v1/sites"), Sites)["data"]
    america = as_described(await program.get("/v1/sites/2"), Site)

    assert [plan["key"] for plan in plans] == ["studio", "house", "reader"]
    assert [plan["key"] for plan in there] == ["studio", "house", "reader"]
    assert house["quantity"]["unit"] == "seat"
    assert [add_on["key"] for add_on in house["add_ons"]] == ["print", "copies", "calls"]
    assert house["add_ons"][2]["usage"]["meter"] == "calls"
    assert as_described(await program.get(f"/v1/plans/{house['id']}"), Plan) == house
    assert [site["id"] for site in sites] == ["site_1", "site_2"]
    assert america["id"] == "site_2"
    for path in ("/v1/plans/castle", "/v1/sites/3", "/v1/plans?site=3"):
        assert (await program.get(path)).status_code == 404


@ON_SQLITE
async def test_a_key_of_one_site_sees_no_other(shop: Shop, portal: Portal) -> None:
    async with program_with(portal, sites=["site_2"]) as program:
        sites = (await program.get("/v1/sites")).json()["data"]
        other = await program.get("/v1/sites/1")

    assert [site["id"] for site in sites] == ["site_2"]
    assert other.status_code == 404


@ON_SQLITE
async def test_a_key_of_one_site_sees_only_the_plans_of_that_site(
    shop: Shop, portal: Portal, program: Program
) -> None:
    await sell_parts(shop)
    await run_sql("UPDATE plan SET visibility = 'exclusive' WHERE key = 'house'")
    await run_sql("UPDATE site SET plans = '[\"reader\"]' WHERE id = 'site_2'")
    await refreshed(shop)

    async with program_with(portal, sites=["site_2"], label="america") as america:
        theirs = as_described(await america.get("/v1/plans"), Plans)["data"]
        found = {
            key: await america.get(f"/v1/plans/{key}") for key in ("reader", "house", "studio")
        }
    all_of_them = (await program.get("/v1/plans")).json()["data"]

    assert [plan["key"] for plan in theirs] == ["reader"]
    assert [answer.status_code for answer in found.values()] == [200, 404, 404]
    assert [plan["key"] for plan in all_of_them] == ["studio", "reader", "house"]


async def test_usage_is_taken_once_and_told(shop: Shop, program: Program) -> None:
    await sell_parts(shop)
    ada = (await program.post("/v1/customers", ADA | {"plan": "house"})).json()["id"]
    await shop.work_in_the_end()

    def use(event_id: str, **more: Any) -> dict[str, Any]:
        now = written(clock.now())
        told = {"event_id": event_id, "customer": ada, "meter": "calls", "quantity": 3, "at": now}
        return told | more

    first = use("1")
    taken = await program.post("/v1/usage", {"events": [first, use("2", quantity="0.5")]})
    again = await program.post(
        "/v1/usage",
        {"events": [first, use("3", meter="steps"), use("4", at="2026-13-01T00:00:00Z")]},
    )
    await shop.work_in_the_end()
    await shop.stripe.control("POST", "/clock", {"advance": 60})
    totals = as_described(await program.get(f"/v1/usage?customer={ada}"), UseTotals)["data"]

    assert [one["state"] for one in as_described(taken, UsesTaken)["data"]] == ["taken", "taken"]
    told = as_described(again, UsesTaken)["data"]
    assert [one["state"] for one in told] == ["duplicate", "refused", "refused"]
    assert [one["problem"]["code"] for one in told[1:]] == ["meter_unknown", "time_invalid"]
    assert [(total["meter"], total["quantity"]) for total in totals] == [("calls", "3.5")]
    assert (await program.post("/v1/usage", {"events": []})).status_code == 400


@ON_SQLITE
async def test_a_portal_session_leads_only_where_the_seller_declared(
    shop: Shop, program: Program
) -> None:
    await change_site(shop, return_origins=f'["{APP}"]')
    await refreshed(shop)
    ada = (await program.post("/v1/customers", ADA | {"plan": None})).json()["id"]
    await shop.work_in_the_end()
    wanted = {"customer": ada, "return_url": f"{APP}/back", "flow": "payment_method_update"}

    made = await program.post("/v1/portal_sessions", wanted)
    elsewhere = await program.post(
        "/v1/portal_sessions", wanted | {"return_url": "https://mallory.example/"}
    )
    nobody = await program.post("/v1/portal_sessions", {"customer": "cust_nobody"})

    assert made.status_code == 201
    assert as_described(made, PortalSession)["url"].startswith(shop.stripe.url)
    assert made.headers["cache-control"] == "no-store"
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "return_url_not_listed")
    assert nobody.status_code == 404

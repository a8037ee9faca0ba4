"""Door 002: a customer made and subscribed in one call."""

from __future__ import annotations

import time

from portal.app import Portal
from portal.compat.autosubscribe_models import Found, Made, Refused
from portal.database import run_sql
from portal.privacy.wipe import wipe
from portal.subscriptions.stykite import own_id
from tests.api.calling import Program, calling, program_with
from tests.api.test_subscriptions import as_described
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.shelves import refreshed

HERE = "/compat/v1/company/COM-1/country/CON-1/customer"
ONKAR = {
    "email": "onkar@stykite.example",
    "customer_identifier": "c56164ad-3d54-4eaa-ae3d-46fe3969972b",
    "first_name": "Onkar",
    "last_name": "Kore",
    "phone": 8149712450,
    "country_code": "IN",
    "state_code": "KA",
    "city": "Bangalore",
    "zipcode": 416013,
}
BARE = {name: ONKAR[name] for name in ("email", "customer_identifier", "country_code")}
ONE = f"{HERE}/{ONKAR['customer_identifier']}"


async def test_a_customer_is_made_and_subscribed_in_one_call(
    market: Shop, program: Program
) -> None:
    before = int(time.time() * 1000)

    made = await program.post(HERE, ONKAR)
    await market.work_in_the_end()

    value = as_described(made, Made)["value"]
    assert made.status_code == 200
    assert (value["email"], value["phone"]) == (ONKAR["email"], "8149712450")
    assert value["customer_identifier"] == ONKAR["customer_identifier"]
    assert value["address"]["state"] == "Karnataka"
    assert (value["company_tsid"], value["country_tsid"]) == ("COM-1", "CON-1")
    assert before <= value["created_at"] <= int(time.time() * 1000)
    told = as_described(await program.get(f"{HERE}/{value['tsid']}"), Found)["value"]
    assert told["subscription"]["status"] == "TRIAL"
    assert told["subscription"]["plan_id"] == "studio"
    assert await market.counts() == (1, 1)


@ON_SQLITE
async def test_company_and_country_of_the_path_have_to_be_the_key_s(
    market: Shop, portal: Portal, program: Program
) -> None:
    places = ("company/COM-2/country/CON-1", "company/COM-1/country/CON-9", "company/1/country/1")
    foreign = [await program.post(f"/compat/v1/{place}/customer", ONKAR) for place in places]
    ours = await program.post("/compat/v1/company/comp_1/country/1/customer", ONKAR)
    async with program_with(portal, sites=["site_2"]) as elsewhere:
        other = await elsewhere.get(ONE)
    there = await program.get(ONE.replace("CON-1", "CON-2"))

    assert [answer.status_code for answer in foreign] == [404] * 3
    assert foreign[0].json()["error"]["code"] == "not_found"
    assert ours.status_code == 200
    assert (other.status_code, there.status_code) == (404, 404)


@ON_SQLITE
async def test_without_a_key_401_in_the_document_s_envelope(market: Shop, portal: Portal) -> None:
    async with calling(portal) as nobody:
        none = await nobody.post(HERE, ONKAR)
    async with program_with(portal, scopes=["customers:read"]) as reader:
        weak = await reader.post(HERE, ONKAR)
        text = await reader.http.get(HERE)
    async with program_with(portal) as program:
        plain = await program.http.post(HERE, content="{}", headers={"content-type": "text/plain"})

    assert as_described(none, Refused)["error"]["code"] == "key_missing"
    assert none.headers["www-authenticate"].startswith("Bearer")
    assert (none.status_code, weak.status_code, plain.status_code) == (401, 403, 415)
    assert as_described(weak, Refused)["error"]["code"] == "insufficient_scope"
    assert (text.status_code, as_described(text, Refused)["status"]) == (405, False)
    assert not await run_sql("SELECT id FROM customer")


@ON_SQLITE
async def test_e_mail_identifier_and_country_are_required_and_no_more(
    market: Shop, program: Program
) -> None:
    missing = await program.post(HERE, {})
    unknown = await program.post(HERE, BARE | {"country_code": "ZZ"})
    # Thirteen digits that a card could have, as every hundredth number of an article.
    enough = await program.post(HERE, BARE | {"customer_identifier": "4006381333932"})
    found = await program.get(f"{HERE}/4006381333932")
    card = await program.get(f"{HERE}/4242424242424242")

    error = as_described(missing, Refused)["error"]
    assert (missing.status_code, sorted(error["fields"])) == (400, sorted(BARE))
    assert (unknown.status_code, unknown.json()["error"]["fields"]) == (422, ["country_code"])
    assert (enough.status_code, found.status_code) == (200, 200)
    assert found.json()["value"]["tsid"] == enough.json()["value"]["tsid"]
    assert (card.status_code, as_described(card, Refused)["error"]["code"]) == (
        *(400, "raw_card_refused"),
    )


@ON_SQLITE
async def test_phone_and_zip_code_are_numbers_or_strings(market: Shop, program: Program) -> None:
    numbers = await program.post(HERE, ONKAR)
    strings = await program.post(
        HERE,
        BARE
        | {"email": "b@stykite.example", "customer_identifier": "b", "country_code": "US"}
        | {"phone": "+1 202 555 0123", "zipcode": "02139", "state_code": "MA"},
    )

    assert numbers.json()["value"]["address"]["postal_code"] == "416013"
    assert strings.json()["value"]["phone"] == "+1 202 555 0123"
    assert strings.json()["value"]["address"]["postal_code"] == "02139"


@ON_SQLITE
async def test_a_zip_code_is_required_in_the_united_states(market: Shop, program: Program) -> None:
    american = BARE | {"country_code": "US"}

    without = await program.post(HERE, american)
    number = await program.post(HERE, american | {"zipcode": 2139, "state_code": "MA"})
    saxon = {"email": "b@stykite.example", "customer_identifier": "b", "country_code": "DE"}
    german = await program.post(HERE, BARE | saxon | {"zipcode": 1067})

    assert (without.status_code, without.json()["error"]["fields"]) == (422, ["zipcode"])
    assert number.json()["value"]["address"]["postal_code"] == "02139"
    assert german.json()["value"]["address"]["postal_code"] == "01067"


@ON_SQLITE
async def test_plan_and_trial_can_be_chosen(market: Shop, portal: Portal, program: Program) -> None:
    chosen = ONKAR | {"plan_id": "house", "trial_days": 30}
    async with program_with(portal, scopes=["customers:write"]) as weak:
        refused = await weak.post(HERE, chosen)
    unknown = await program.post(HERE, ONKAR | {"plan_id": "castle"})

    made = await program.post(HERE, chosen)
    # What is for some only, the seller may sell to anybody.
    await run_sql("UPDATE plan SET visibility = 'exclusive' WHERE key = 'reader'")
    await refreshed(market)
    other = {"email": "b@stykite.example", "customer_identifier": "b", "plan_id": "reader"}
    exclusive = (await program.post(HERE, ONKAR | other)).json()["value"]
    await market.work_in_the_end()
    told = (await program.get(f"{HERE}/{exclusive['tsid']}")).json()["value"]

    subscription = (await program.get(ONE)).json()["value"]["subscription"]
    assert (refused.status_code, unknown.status_code, made.status_code) == (403, 404, 200)
    assert (subscription["plan_id"], subscription["status"]) == ("house", "TRIAL")
    days = (subscription["trial_ends_at"] - made.json()["value"]["created_at"]) / 86_400_000
    assert round(days) == 30
    assert told["subscription"]["plan_id"] == "reader"


async def test_the_same_customer_again_is_returned_and_a_mixed_one_refused(
    market: Shop, program: Program
) -> None:
    first = (await program.post(HERE, ONKAR)).json()["value"]
    await market.work_in_the_end()
    again = await program.post(HERE, ONKAR | {"first_name": "Other"})
    by_mail = await program.post(HERE, {k: v for k, v in ONKAR.items() if k != "phone"})
    mixed = await program.post(HERE, ONKAR | {"email": "other@stykite.example"})

    assert again.status_code == 200
    held = as_described(again, Made)["value"]["subscription"]
    assert (held["plan_id"], held["status"]) == ("studio", "TRIAL")
    assert again.json()["value"] == first | {"subscription": held} == by_mail.json()["value"]
    assert await market.counts() == (1, 1)
    assert (mixed.status_code, mixed.json()["error"]["code"]) == (409, "external_id_taken")
    assert len(await run_sql("SELECT id FROM customer")) == 1


@ON_SQLITE
async def test_what_a_repeat_would_be_told_goes_with_the_customer(
    market: Shop, program: Program
) -> None:
    """Also of one who was there before: that call has made nobody."""
    made = (await program.post(HERE, ONKAR)).json()["value"]
    await program.post(HERE, ONKAR, headers={"idempotency-key": "a-name"})
    (kept,) = await run_sql("SELECT body, customer FROM answered")
    await wipe(kept["customer"])

    assert kept["body"]
    assert own_id("cust", made["tsid"]) == kept["customer"]
    assert await run_sql("SELECT id FROM answered WHERE body IS NOT NULL") == []


@ON_SQLITE
async def test_what_lies_around_the_document_has_no_path(market: Shop, program: Program) -> None:
    for path in ("checkpoint", "entitlements", "invoices"):
        answer = await program.post(f"{ONE}/{path}", {})
        assert (answer.status_code, as_described(answer, Refused)["status"]) == (404, False)
    # What its widgets and its button do, pages do.
    plans, form = await program.get("/"), await program.get("/signup?plan=studio")
    assert (plans.status_code, form.status_code) == (200, 200)
    assert "/signup" in plans.text
    assert "Studio" in form.text
    assert (await program.get("/account")).headers["location"] == "/signin"

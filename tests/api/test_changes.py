"""A customer changed by a program: what is passed, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from portal.api.customer_models import CustomerTold
from portal.api.examples import NEW_CUSTOMER
from tests.api.calling import ADA, Program
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop

OF_TIME = {"updated_at", "onboarding", "gateway_customer_id"}
"""What goes on by itself meanwhile."""


async def made(program: Program, **said: Any) -> dict[str, Any]:
    answer = await program.post("/v1/customers", {**NEW_CUSTOMER, "plan": None, **said})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, {}),
        ({"first_name": "Augusta"}, {"first_name": "Augusta"}),
        ({"organisation": None}, {"organisation": None}),
        ({"display_name": None, "locales": ["fr"]}, {"display_name": None, "locales": ["fr"]}),
        ({"metadata": {"crm": "", "erp": "8"}}, {"metadata": {"erp": "8"}}),
        ({"metadata": {"erp": "8"}}, {"metadata": {"crm": "7", "erp": "8"}}),
        ({"metadata": {}}, {"metadata": {}}),
        ({"consents": {"telemarketing": True}},
         {"consents": {"email_marketing": True, "telemarketing": True}}),
        ({"tax_ids": []}, {"tax_ids": []}),
        ({"shipping": None}, {"shipping": None}),
        ({"time_zone": "Europe/Berlin", "tax_exempt": "exempt", "auto_collection": False},
         {"time_zone": "Europe/Berlin", "tax_exempt": "exempt", "auto_collection": False}),
        ({"email": "Augusta@lovelace.example"}, {"email": "Augusta@lovelace.example"}),
    ],
)  # fmt: skip
@ON_SQLITE
async def test_only_what_is_passed_is_another(
    shop: Shop, program: Program, said: dict[str, Any], told: dict[str, Any]
) -> None:
    before = await made(program)
    answer = await program.patch(f"/v1/customers/{before['id']}", said)

    assert answer.status_code == 200, answer.text
    after = answer.json()
    CustomerTold.model_validate(after, strict=True)
    changed = {name: after[name] for name in after if after[name] != before[name]}
    assert {name: changed[name] for name in changed if name not in OF_TIME} == told


@ON_SQLITE
async def test_a_first_name_leaves_the_whole_name(shop: Shop, program: Program) -> None:
    before = await made(program, name="Ada, Countess of Lovelace")
    after = await program.patch(f"/v1/customers/{before['id']}", {"first_name": "Augusta"})

    told = after.json()
    assert (told["name"], told["first_name"]) == ("Ada, Countess of Lovelace", "Augusta")


async def test_a_part_of_an_address_and_of_billing_leaves_the_rest(
    shop: Shop, program: Program
) -> None:
    before = await made(program)
    said = {"address": {"city": "Oxford"}, "billing": {"phone": "+44 20 7946 0000"}}
    after = (await program.patch(f"/v1/customers/{before['id']}", said)).json()

    assert after["address"] == before["address"] | {"city": "Oxford"}
    assert after["billing"]["phone"] == "+44 20 7946 0000"
    assert after["billing"]["organisation"] == before["billing"]["organisation"]


async def test_stripe_is_told_of_it(shop: Shop, program: Program) -> None:
    before = await made(program)
    await shop.work_in_the_end()
    said = {"organisation": "Difference Engines Ltd", "metadata": {"erp": "8"}, "balance": 700}
    await program.patch(f"/v1/customers/{before['id']}", said)
    await shop.work_in_the_end()

    (theirs,) = await shop.stripe.objects("customer")
    assert theirs["business_name"] == "Difference Engines Ltd"
    assert (theirs["metadata"]["erp"], theirs["metadata"]["crm"]) == ("8", "7")
    assert theirs["balance"] == 700


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"email": "grace@hopper.example"}, 409, "email_taken"),
        ({"external_id": "43"}, 409, "external_id_taken"),
        ({"plan": "house"}, 400, "invalid_body"),
        ({"address": {"country": "DE", "postal_code": "0"}}, 422, "invalid_details"),
        ({"metadata": {f"key{number}": "x" for number in range(50)}}, 422, "invalid_details"),
    ],
)
@ON_SQLITE
async def test_what_cannot_be_is_refused_whole(
    shop: Shop, program: Program, said: dict[str, Any], status: int, code: str
) -> None:
    other = ADA | {"email": "grace@hopper.example", "external_id": "43", "plan": None}
    await program.post("/v1/customers", other)
    before = await made(program)
    answer = await program.patch(f"/v1/customers/{before['id']}", {"first_name": "Augusta"} | said)
    after = await program.get(f"/v1/customers/{before['id']}")

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert {**after.json(), **_later(after.json())} == {**before, **_later(after.json())}


def _later(told: dict[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in OF_TIME}

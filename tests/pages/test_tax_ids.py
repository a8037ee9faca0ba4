"""A customer's tax ids: added, changed and removed one by one, and as Stripe has them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from portal.billing.gateway import gateway_of
from portal.customers.held_tax_ids import held_tax_ids
from portal.database import run_sql
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.signing_in import customer_at
from tests.people import ADA

HERE = "/account/tax-ids"
BRITISH, GERMAN, OTHER = "GB980780684", "DE129273398", "GB802311782"
REFUSED: dict[str, Any] = {
    "match": "POST /v1/customers/*/tax_ids", "fault": "status", "status": 400, "times": 1,
    "code": "tax_id_invalid", "param": "value", "saved": True,
}  # fmt: skip


async def at_stripe(shop: Shop) -> set[str]:
    """Return the tax ids that Stripe has of Ada."""
    return {row["value"] for row in await shop.stripe.objects("tax_id")}


async def held() -> list[str]:
    """Return the tax ids that we have of Ada, the oldest first."""
    (row,) = await run_sql("SELECT id FROM customer")
    return [one.value for one in await held_tax_ids(row["id"])]


async def first() -> str:
    """Return what her own row says."""
    (row,) = await run_sql("SELECT tax_id FROM customer")
    return str(row["tax_id"])


async def add(visitor: Visitor, tax_id: str, country: str = "GB") -> httpx.Response:
    """Fill in the form that adds one: the last of the page."""
    page = await visitor.open(HERE)
    typed = forms_of(page.text)[-1].fields | {"country": country, "tax_id": tax_id}
    return await visitor.send(HERE, typed)


async def beside(visitor: Visitor, tax_id: str) -> dict[str, str]:
    """Return the form that stands beside one."""
    page = await visitor.open(HERE)
    (row,) = await run_sql("SELECT id FROM customer_tax_id WHERE value = {}", tax_id)
    return next(form.fields for form in forms_of(page.text) if form.fields.get("held") == row["id"])


async def test_they_are_added_changed_and_removed_each_at_stripe_too(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)

    saved = await add(ada, "980 780 684")
    await add(ada, "129273398", "DE")
    assert (saved.status_code, saved.headers["location"]) == (303, f"{HERE}?saved")
    assert await held() == [BRITISH, GERMAN]
    assert await at_stripe(shop) == {BRITISH, GERMAN}
    assert await first() == BRITISH

    form = await beside(ada, BRITISH)
    page = await ada.open(f"{HERE}?change={form['held']}")
    assert f"Change {BRITISH}" in page.text
    changed = forms_of(page.text)[-1].fields
    assert (changed["tax_id"], changed["country"]) == (BRITISH, "GB")
    await ada.send(HERE, changed | {"tax_id": OTHER})
    assert await held() == [OTHER, GERMAN]
    assert await at_stripe(shop) == {OTHER, GERMAN}

    await ada.send(f"{HERE}/remove", await beside(ada, OTHER))
    assert await held() == [GERMAN]
    assert await at_stripe(shop) == {GERMAN}
    assert await first() == GERMAN
    kinds = await run_sql("SELECT kind, state FROM operation WHERE kind LIKE '%tax_id%'")
    assert [(row["kind"], row["state"]) for row in kinds] == [("change_tax_id", "done")] * 4
    entries = await run_sql("SELECT fields FROM audit_entry WHERE action LIKE '%details_changed'")
    assert [json.loads(entry["fields"]) for entry in entries] == [["tax_id"]] * 4
    assert "You changed your details: tax ID." in (await ada.open("/account/history")).text


@ON_SQLITE
async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)
    for typed, country, said, at in (
        ("", "GB", "Enter a tax ID.", "tax_id"),
        ("12", "GB", "Enter a VAT number like GB", "tax_id"),
        ("12", "DE", "Enter a VAT number like DE", "tax_id"),
        (BRITISH, "QQ", "Choose a country from the list.", "country"),
    ):
        page = await add(ada, typed, country)
        assert page.status_code == 422
        assert f'<a href="#{at}">{said}' in page.text
        assert f'id="{at}-message" class="message"' in page.text
        assert f'value="{typed}"' in page.text
        assert page.text.count("<title>Error:") == 1
    assert await held() == []
    assert await run_sql("SELECT id FROM operation WHERE kind = 'change_tax_id'") == []


@ON_SQLITE
async def test_the_same_twice_is_one_and_a_sixth_is_refused(shop: Shop, ada: Visitor) -> None:
    await customer_at(ada)
    spare = await ada.fill(HERE, {"country": "GB", "tax_id": "GB110305878"})
    for tax_id, country in (
        (BRITISH, "GB"), (BRITISH, "GB"), (GERMAN, "DE"), (OTHER, "GB"), ("91-1144442", "US"),
        ("FR40303265045", "FR"),
    ):  # fmt: skip
        assert (await add(ada, tax_id, country)).status_code == 303

    page = await ada.open(HERE)
    sixth = await ada.send(HERE, spare)
    clash = await ada.send(HERE, spare | await beside(ada, GERMAN) | {"tax_id": BRITISH})

    assert len(await held()) == len(await at_stripe(shop)) == 5
    assert "as many as there can be" in page.text
    assert 'name="tax_id"' not in page.text
    assert (sixth.status_code, clash.status_code) == (422, 422)
    assert "You can have five tax IDs. Remove one of them first." in sixth.text
    assert 'value="GB110305878"' in sixth.text
    assert "You have this tax ID already." in clash.text


async def test_one_that_stripe_does_not_take_says_so_until_it_does(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)
    await add(ada, GERMAN, "DE")
    await shop.stripe.fault(**REFUSED)

    saved = await add(ada, BRITISH)
    page = await ada.open(saved.headers["location"])

    assert "Not accepted" in page.text
    assert "Your changes are saved." not in page.text
    assert await at_stripe(shop) == {GERMAN}
    again = await add(ada, BRITISH)
    page = await ada.open(again.headers["location"])
    assert "Not accepted" not in page.text
    assert "Your changes are saved." in page.text
    assert await at_stripe(shop) == {GERMAN, BRITISH}


@ON_SQLITE
async def test_how_it_stands_with_each_is_said(shop: Shop, ada: Visitor) -> None:
    await customer_at(ada)
    for tax_id, country in (
        ("GB000000000", "GB"), ("DE111111111", "DE"), (BRITISH, "GB"), ("91-1144442", "US"),
        ("12345", "PM"),
    ):  # fmt: skip
        await add(ada, tax_id, country)

    page = (await ada.open(HERE)).text

    for word in ("Verified", "Not verified", "Being verified", "On your invoices"):
        assert f">{word}</span>" in page
    assert ">Not on invoices</span>" in page
    assert len(await at_stripe(shop)) == 4


@ON_SQLITE
async def test_what_the_billing_portal_did_is_seen_when_the_page_is_opened(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)
    await add(ada, BRITISH)
    (row,) = await run_sql("SELECT company, stripe_id FROM customer")
    tax_ids = (await gateway_of(row["company"])).v1.customers.tax_ids
    added = await tax_ids.create_async(row["stripe_id"], {"type": "eu_vat", "value": GERMAN})
    assert GERMAN in (await ada.open(HERE)).text

    await tax_ids.delete_async(row["stripe_id"], added.id)
    page = (await ada.open(HERE)).text

    assert GERMAN not in page
    assert BRITISH in page


@ON_SQLITE
@pytest.mark.parametrize("said", ["a stranger's", "nobody's", ""])
async def test_a_button_takes_away_only_ones_own(
    shop: Shop, ada: Visitor, mallory: Visitor, said: str
) -> None:
    await customer_at(ada)
    await customer_at(mallory, ADA | {"email": "mallory@trudy.example"})
    await add(ada, BRITISH)
    (hers,) = await run_sql("SELECT id FROM customer_tax_id")
    named = {"a stranger's": hers["id"], "nobody's": "ctax_0", "": ""}[said]

    token = (await mallory.fill(HERE, {}))["token"]
    await mallory.send(f"{HERE}/remove", {"token": token, "held": named})
    page = await mallory.open(HERE, params={"change": named})

    assert BRITISH not in page.text
    assert await run_sql("SELECT id FROM customer_tax_id") == [hers]
    assert await at_stripe(shop) == {BRITISH}

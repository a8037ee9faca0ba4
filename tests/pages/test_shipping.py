"""Where things are sent to, here and at Stripe."""

from __future__ import annotations

from portal.customers.tables import ShippingAddress
from portal.database import run_sql
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.signing_in import customer_at

HERE = "/account/shipping"
OFFICE = {
    "recipient": "Grace Hopper", "country": "US", "line1": "1 Navy Yard", "city": "Washington",
    "state": "DC", "postal_code": "20374",
}  # fmt: skip


async def test_it_is_kept_reaches_stripe_and_goes_again(shop: Shop, ada: Visitor) -> None:
    await customer_at(ada)
    assert "Use my billing address instead" not in (await ada.open(HERE)).text

    saved = await ada.send(HERE, await ada.fill(HERE, OFFICE))

    assert saved.headers["location"] == f"{HERE}?saved"
    (row,) = await ShippingAddress.select()
    assert {name: row[name] for name in OFFICE} == OFFICE
    (theirs,) = await shop.stripe.objects("customer")
    assert theirs["shipping"]["name"] == "Grace Hopper"
    assert theirs["shipping"]["address"]["postal_code"] == "20374"
    assert theirs["address"]["city"] == "London"
    page = await ada.open(saved.headers["location"])
    assert "Your changes are saved." in page.text
    await ada.send(HERE, await ada.fill(HERE, {}))
    await ada.press(page, f"{HERE}/remove")
    await shop.work_in_the_end()
    (theirs,) = await shop.stripe.objects("customer")
    assert theirs["shipping"] is None
    assert await ShippingAddress.count() == 0
    kinds = await run_sql("SELECT id FROM operation WHERE kind = 'update_customer'")
    assert len(kinds) == 2
    entries = await run_sql("SELECT fields FROM audit_entry WHERE action LIKE '%shipping%'")
    assert [entry["fields"] for entry in entries] == ['["shipping"]'] * 2


@ON_SQLITE
async def test_every_wrong_field_is_told_and_what_was_typed_is_kept(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)
    wrong = OFFICE | {"recipient": "", "postal_code": "no", "state": ""}

    page = await ada.send(HERE, await ada.fill(HERE, wrong))
    again = await ada.send(HERE, await ada.fill(HERE, {"country": "US", "refresh": "address"}))
    long = await ada.send(HERE, await ada.fill(HERE, OFFICE | {"recipient": "G" * 201}))

    assert page.status_code == long.status_code == 422
    for sentence in ("Enter the name of whoever", "Enter a ZIP code like", "Choose your state."):
        assert sentence in page.text
    assert 'value="1 Navy Yard"' in page.text
    assert "Shorten the name to 200 characters." in long.text
    assert "ZIP code" in again.text
    assert await ShippingAddress.count() == 0


@ON_SQLITE
async def test_what_stripe_does_not_take_is_asked_for_again(shop: Shop, ada: Visitor) -> None:
    await customer_at(ada)
    await shop.stripe.fault(
        match="POST /v1/customers/*", fault="status", status=400, times=1, saved=True,
        param="shipping[address][country]", code="country_code_invalid",
    )  # fmt: skip

    saved = await ada.send(HERE, await ada.fill(HERE, OFFICE))

    assert "There is a problem" in (await ada.open(saved.headers["location"])).text
    again = await ada.send(HERE, await ada.fill(HERE, {}))
    assert "Your changes are saved." in (await ada.open(again.headers["location"])).text

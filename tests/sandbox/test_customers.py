"""Customers: what they are made with, how they change, and what is left of them."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.selling import ADA, a_price, ada

HOME = {"line1": "1 Tea Row", "city": "London", "postal_code": "E1 6AN", "country": "GB"}


async def _updates(api: Any) -> list[dict[str, Any]]:
    found = await api.events.list_async({"type": "customer.updated"})
    return [event.data.previous_attributes.to_dict() for event in found.data]


async def test_a_customer_is_kept_as_given(api: Any) -> None:
    shipping = {"name": "Ada", "phone": "+442079460001", "address": HOME}
    customer = await ada(
        api,
        description="Counts",
        preferred_locales=["en-GB", "fr"],
        shipping=shipping,
        tax_exempt="reverse",
        tax={"ip_address": "192.0.2.7"},
        tax_id_data=[{"type": "gb_vat", "value": "GB123456789"}],
        expand=["tax", "tax_ids"],
    )

    assert (customer.name, customer.phone) == (ADA["name"], ADA["phone"])
    assert customer.address.line2 is None
    assert (customer.description, customer.preferred_locales) == ("Counts", ["en-GB", "fr"])
    assert customer.shipping.to_dict() == {
        "name": "Ada",
        "phone": "+442079460001",
        "address": {**HOME, "line2": None, "state": None},
    }
    assert (customer.tax_exempt, customer.tax.ip_address) == ("reverse", "192.0.2.7")
    assert [(each.type, each.value) for each in customer.tax_ids.data] == [
        ("gb_vat", "GB123456789")
    ]


async def test_metadata_merges_and_is_unset_by_empty_values(api: Any) -> None:
    customer = await ada(api, metadata={"site": "uk", "plan": "tea"})

    merged = await api.customers.update_async(
        customer.id, {"metadata": {"plan": "", "cups": "3", "site": "de"}}
    )
    emptied = await api.customers.update_async(customer.id, {"metadata": ""})

    assert merged.metadata.to_dict() == {"site": "de", "cups": "3"}
    assert emptied.metadata.to_dict() == {}
    assert await _updates(api) == [
        {"metadata": {"site": "de", "cups": "3"}},
        {"metadata": {"site": "uk", "plan": "tea", "cups": None}},
    ]


async def test_details_are_unset_by_empty_values(api: Any) -> None:
    customer = await ada(
        api, shipping={"name": "Ada", "address": HOME}, preferred_locales=["en"],
        tax_exempt="exempt",
    )  # fmt: skip

    bare = await api.customers.update_async(
        customer.id,
        {"address": "", "shipping": "", "phone": "", "name": "", "preferred_locales": "",
         "tax_exempt": "", "email": ""},
    )  # fmt: skip

    assert (bare.address, bare.shipping, bare.phone, bare.name, bare.email) == (None,) * 5
    assert (bare.preferred_locales, bare.tax_exempt) == ([], "none")


async def test_an_address_is_replaced_whole(api: Any) -> None:
    customer = await ada(api)

    moved = await api.customers.update_async(
        customer.id, {"address": {"city": "Oslo", "country": "no"}}
    )

    assert (moved.address.city, moved.address.country) == ("Oslo", "NO")
    assert (moved.address.line1, moved.address.postal_code) == (None, None)


async def test_an_update_that_changes_nothing_tells_nobody(api: Any) -> None:
    customer = await ada(api)

    await api.customers.update_async(customer.id, {"name": ADA["name"]})

    assert await _updates(api) == []


async def test_tax_ids_are_added_listed_and_removed(api: Any) -> None:
    customer = await ada(api)
    kept = await api.customers.tax_ids.create_async(
        customer.id, {"type": "eu_vat", "value": "DE000000000"}
    )
    gone = await api.customers.tax_ids.create_async(
        customer.id, {"type": "gb_vat", "value": "GB123456789"}
    )
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.customers.tax_ids.create_async(customer.id, {"type": "eu_vat", "value": "tea"})

    removed = await api.customers.tax_ids.delete_async(customer.id, gone.id)

    assert (kept.verification.status, kept.country, removed.deleted) == ("verified", "DE", True)
    assert refusal.value.code == "tax_id_invalid"
    listed = await api.customers.tax_ids.list_async(customer.id)
    assert [each.id for each in listed.data] == [kept.id]
    assert (await api.customers.tax_ids.retrieve_async(customer.id, kept.id)).type == "eu_vat"
    with pytest.raises(stripe.InvalidRequestError) as missing:
        await api.customers.tax_ids.retrieve_async(customer.id, gone.id)
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    types = [event.type for event in (await api.events.list_async({"type": "customer.tax*"})).data]
    assert types == ["customer.tax_id.deleted", *["customer.tax_id.created"] * 2]


async def test_a_deleted_customer_leaves_a_tombstone(api: Any) -> None:
    price = await a_price(api, unit_amount=0)
    customer = await ada(api)
    subscription = await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}]}
    )

    deleted = await api.customers.delete_async(customer.id)

    again = await api.customers.retrieve_async(customer.id)
    assert deleted.to_dict() == again.to_dict()
    assert (again.id, again.deleted, "email" in again) == (customer.id, True, False)
    assert (await api.customers.list_async({"email": ADA["email"]})).data == []
    assert (await api.subscriptions.retrieve_async(subscription.id)).status == "canceled"
    for lost in (
        api.customers.delete_async(customer.id),
        api.customers.update_async(customer.id, {"name": "Ada"}),
        api.customers.tax_ids.list_async(customer.id),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await lost
        assert refusal.value.code == "resource_missing"


async def test_a_balance_is_changed_and_each_change_is_kept(api: Any) -> None:
    customer = await ada(api)
    transactions = api.customers.balance_transactions
    credit = await transactions.create_async(
        customer.id, {"amount": -500, "currency": "EUR", "description": "Sorry"}
    )
    await transactions.create_async(customer.id, {"amount": 200, "currency": "eur"})
    changed = await transactions.update_async(customer.id, credit.id, {"metadata": {"why": "tea"}})

    (later, first) = (await transactions.list_async(customer.id)).data
    assert (first.amount, first.ending_balance, first.description) == (-500, -500, "Sorry")
    assert (first.type, first.metadata, first.id) == ("adjustment", changed.metadata, credit.id)
    assert (later.ending_balance, later.currency) == (-300, "eur")
    holder = await api.customers.retrieve_async(customer.id)
    assert (holder.balance, holder.currency) == (-300, "eur")
    assert (await transactions.retrieve_async(customer.id, credit.id)).amount == -500
    assert {"balance": -500} in await _updates(api)
    grace = await api.customers.create_async({"email": "grace@example.com"})
    with pytest.raises(stripe.InvalidRequestError):
        await transactions.retrieve_async(grace.id, credit.id)
    for wrong in ({"amount": 5, "currency": "usd"}, {"amount": 0, "currency": "eur"}):
        with pytest.raises(stripe.InvalidRequestError):
            await transactions.create_async(customer.id, wrong)


async def test_a_balance_that_is_written_over_is_kept_too(api: Any) -> None:
    customer = await ada(api, balance=-100)

    await api.customers.update_async(customer.id, {"balance": 50})

    found = (await api.customers.balance_transactions.list_async(customer.id)).data
    assert [(each.type, each.amount, each.ending_balance) for each in found] == [
        ("adjustment", 150, 50),
        ("initial", -100, -100),
    ]


async def test_a_credit_is_used_by_the_next_invoice(api: Any) -> None:
    price = await a_price(api, unit_amount=900)
    customer = await ada(api)
    transactions = api.customers.balance_transactions
    await transactions.create_async(customer.id, {"amount": -1000, "currency": "eur"})

    subscription = await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}], "expand": ["latest_invoice"]}
    )

    invoice = subscription.latest_invoice
    assert (subscription.status, invoice.amount_due, invoice.ending_balance) == ("active", 0, -100)
    used = (await transactions.list_async(customer.id, {"invoice": invoice.id})).data
    assert [(each.type, each.amount) for each in used] == [("applied_to_invoice", 900)]


async def test_a_card_comes_with_the_customer_and_is_the_default_at_once(api: Any) -> None:
    card = await api.payment_methods.create_async({"type": "card", "card": {"token": "tok_visa"}})

    customer, shorthand = [
        await api.customers.create_async(
            {"payment_method": method, "invoice_settings": {"default_payment_method": method}}
        )
        for method in (card.id, "pm_card_visa")
    ]

    assert customer.invoice_settings.default_payment_method == card.id
    own = await api.payment_methods.list_async({"customer": shorthand.id})
    assert shorthand.invoice_settings.default_payment_method == own.data[0].id


async def test_how_transfers_are_matched_is_kept_and_shown_when_asked_for(api: Any) -> None:
    plain = await api.customers.create_async({"expand": ["cash_balance"]})

    by_hand = await api.customers.create_async(
        {"cash_balance": {"settings": {"reconciliation_mode": "manual"}},
         "expand": ["cash_balance"]},
    )  # fmt: skip

    assert plain.cash_balance.settings.using_merchant_default is True
    assert by_hand.cash_balance.settings.reconciliation_mode == "manual"
    assert by_hand.cash_balance.settings.using_merchant_default is False

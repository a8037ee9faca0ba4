"""Subscriptions are changed, canceled and swapped."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.selling import ADA, a_price, ada

HOME = {"country": "DE", "postal_code": "10115"}


async def _active(api: Any, amount: int = 1000, **more: Any) -> Any:
    customer = await ada(api)
    method = await api.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})
    return await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": (await a_price(api, unit_amount=amount)).id}],
            "default_payment_method": method.id,
            **more,
        }
    )


async def test_what_a_subscription_says_of_itself_can_be_changed(api: Any) -> None:
    subscription = await _active(api)
    rate = await api.tax_rates.create_async(
        {"display_name": "VAT", "percentage": 20, "inclusive": False}
    )
    await api.tax_rates.update_async(rate.id, {"active": False})

    changed = await api.subscriptions.update_async(
        subscription.id,
        {
            "description": "Tea",
            "metadata": {"a": "b"},
            "default_tax_rates": [rate.id],
            "automatic_tax": {"enabled": True},
            "payment_settings": {"save_default_payment_method": "on_subscription"},
            "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
            "cancellation_details": {"comment": "Too hot"},
            "default_payment_method": "",
        },
    )

    assert (changed.description, changed.metadata["a"]) == ("Tea", "b")
    assert [each.id for each in changed.default_tax_rates] == [rate.id]
    assert changed.automatic_tax.enabled
    assert changed.payment_settings.save_default_payment_method == "on_subscription"
    assert changed.trial_settings.end_behavior.missing_payment_method == "pause"
    assert changed.cancellation_details.comment == "Too hot"
    assert changed.default_payment_method is None
    assert (await api.tax_rates.retrieve_async(rate.id)).active is False
    assert (await api.tax_rates.list_async({"active": True})).data == []


async def test_discounts_can_be_replaced(api: Any) -> None:
    for id in ("FIVE", "TEN"):
        await api.coupons.create_async({"id": id, "percent_off": 5, "duration": "forever"})
    subscription = await _active(api, discounts=[{"coupon": "FIVE"}])
    (five,) = subscription.discounts

    both = await api.subscriptions.update_async(
        subscription.id, {"discounts": [{"discount": five}, {"coupon": "TEN"}]}
    )
    none = await api.subscriptions.update_async(subscription.id, {"discounts": ""})

    assert both.discounts[0] == five
    assert len(both.discounts) == 2
    assert none.discounts == []


async def test_an_end_can_be_set_to_a_moment(api: Any, control: Control) -> None:
    subscription = await _active(api)
    moment = subscription.created + 86_400
    planned = await api.subscriptions.update_async(subscription.id, {"cancel_at": moment})
    for wrong in ({"cancel_at": 1}, {"cancel_at": moment, "cancel_at_period_end": True}):
        with pytest.raises(stripe.InvalidRequestError):
            await api.subscriptions.update_async(subscription.id, wrong)

    await control.post("clock", {"advance": 2 * 86_400})

    assert planned.cancel_at == moment
    assert (await api.subscriptions.retrieve_async(subscription.id)).ended_at == moment


async def test_an_end_can_be_planned_from_the_beginning(api: Any, control: Control) -> None:
    subscription = await _active(api, cancel_at_period_end=True)

    await control.post("clock", {"advance": 32 * 86_400})

    assert (await api.subscriptions.retrieve_async(subscription.id)).status == "canceled"


async def test_a_canceled_subscription_only_keeps_notes(api: Any) -> None:
    subscription = await _active(api)
    canceled = await api.subscriptions.cancel_async(
        subscription.id, {"cancellation_details": {"feedback": "too_expensive"}}
    )

    noted = await api.subscriptions.update_async(subscription.id, {"metadata": {"a": "b"}})

    assert canceled.cancellation_details.feedback == "too_expensive"
    assert noted.metadata["a"] == "b"
    with pytest.raises(stripe.InvalidRequestError):
        await api.subscriptions.update_async(subscription.id, {"description": "Tea"})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.subscriptions.cancel_async(subscription.id)
    assert refusal.value.http_status == 404


async def test_canceling_before_the_first_payment_voids_its_invoice(api: Any) -> None:
    subscription = await _active(api, payment_behavior="default_incomplete")

    canceled = await api.subscriptions.cancel_async(subscription.id)

    assert canceled.status == "incomplete_expired"
    assert (await api.invoices.retrieve_async(subscription.latest_invoice)).status == "void"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"payment_behavior": "pending_if_incomplete", "items": [{"id": "MINE"}]},
         "payment_behavior"),
        ({"items": [{"id": "MINE", "discounts": [{"coupon": "TEN"}]}]}, "items[0][discounts]"),
        ({"application_fee_percent": 5}, "application_fee_percent"),
        ({"trial_end": 5}, "trial_end"),
        ({"items": [{"id": "MINE", "quantity": 2}], "proration_date": 5}, "proration_date"),
        ({"pause_collection": {"behavior": "void", "resumes_at": 5}},
         "pause_collection[resumes_at]"),
        ({"collection_method": "send_invoice"}, "days_until_due"),
    ],
)  # fmt: skip
async def test_what_cannot_be_or_is_not_known_is_refused_whole(
    api: Any, given: dict[str, Any], param: str
) -> None:
    subscription = await _active(api)
    item = subscription["items"].data[0].id
    for each in given.get("items", []):
        each["id"] = item

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.subscriptions.update_async(subscription.id, {"description": "Tea", **given})

    assert refusal.value.param == param
    assert (await api.subscriptions.retrieve_async(subscription.id)).description is None


async def test_only_a_paused_subscription_is_resumed(api: Any) -> None:
    subscription = await _active(api)

    with pytest.raises(stripe.InvalidRequestError):
        await api.subscriptions.resume_async(subscription.id)


async def test_items_are_added_and_removed_without_proration(api: Any) -> None:
    subscription = await _active(api)
    other = await a_price(api, unit_amount=500)
    item = subscription["items"].data[0].id

    changed = await api.subscriptions.update_async(
        subscription.id,
        {
            "items": [{"id": item, "deleted": True}, {"price": other.id, "quantity": 2}],
            "proration_behavior": "none",
        },
    )

    (only,) = changed["items"].data
    assert (only.price.id, only.quantity) == (other.id, 2)
    assert changed.latest_invoice == subscription.latest_invoice


@pytest.mark.parametrize(
    "items",
    [
        [{"id": "si_no", "price": "MONTHLY"}],
        [{"quantity": 2}],
        [{"price": "YEARLY"}],
        [{"id": "MINE", "deleted": True}],
    ],
)
async def test_items_that_cannot_be_are_refused_whole(api: Any, items: list[Any]) -> None:
    subscription = await _active(api)
    names = {
        "MINE": subscription["items"].data[0].id,
        "MONTHLY": (await a_price(api, unit_amount=1)).id,
        "YEARLY": (await a_price(api, unit_amount=1, interval="year")).id,
    }
    given = [{k: names.get(v, v) for k, v in item.items()} for item in items]

    with pytest.raises(stripe.InvalidRequestError):
        await api.subscriptions.update_async(
            subscription.id, {"items": given, "proration_behavior": "none"}
        )

    after = await api.subscriptions.retrieve_async(subscription.id)
    assert [each.id for each in after["items"].data] == [names["MINE"]]


async def test_going_from_months_to_years_begins_a_new_period_now(
    api: Any, control: Control
) -> None:
    subscription = await _active(api)
    yearly = await a_price(api, unit_amount=10_000, interval="year")
    await control.post("clock", {"advance": 3600})

    changed = await api.subscriptions.update_async(
        subscription.id,
        {
            "items": [{"id": subscription["items"].data[0].id, "price": yearly.id}],
            "expand": ["latest_invoice"],
        },
    )

    item = changed["items"].data[0]
    assert item.current_period_end - item.current_period_start in (365 * 86_400, 366 * 86_400)
    assert changed.latest_invoice.total in range(9000, 9010)


async def test_a_change_that_cannot_be_paid_is_refused_whole_when_asked(api: Any) -> None:
    subscription = await _active(api)
    dear = await a_price(api, unit_amount=90_000)
    bad = await api.payment_methods.attach_async(
        "pm_card_chargeCustomerFail", {"customer": subscription.customer}
    )
    await api.subscriptions.update_async(subscription.id, {"default_payment_method": bad.id})

    with pytest.raises(stripe.CardError):
        await api.subscriptions.update_async(
            subscription.id,
            {
                "items": [{"id": subscription["items"].data[0].id, "price": dear.id}],
                "proration_behavior": "always_invoice",
                "payment_behavior": "error_if_incomplete",
            },
        )

    after = await api.subscriptions.retrieve_async(subscription.id)
    assert (after.status, after["items"].data[0].price.unit_amount) == ("active", 1000)


async def test_a_trial_can_be_given_later_and_be_made_longer(api: Any, control: Control) -> None:
    subscription = await _active(api)
    ends = subscription.created + 40 * 86_400

    trialing = await api.subscriptions.update_async(subscription.id, {"trial_end": ends})

    assert (trialing.status, trialing.trial_end) == ("trialing", ends)
    unchanged = await api.subscriptions.update_async(subscription.id, {"trial_end": ends + 60})
    assert unchanged["items"].data[0].current_period_end == ends + 60


async def test_an_invoiced_subscription_is_active_before_it_is_paid(api: Any) -> None:
    customer = await ada(api)

    subscription = await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": (await a_price(api, unit_amount=900)).id}],
            "collection_method": "send_invoice",
            "days_until_due": 14,
            "expand": ["latest_invoice"],
        }
    )

    assert (subscription.status, subscription.latest_invoice.status) == ("active", "open")
    assert subscription.latest_invoice.due_date == subscription.created + 14 * 86_400
    listed = await api.subscriptions.list_async({"collection_method": "send_invoice"})
    assert [each.id for each in listed.data] == [subscription.id]


async def test_an_address_that_is_taxed_cannot_become_one_that_is_nowhere(api: Any) -> None:
    subscription = await _active(api, automatic_tax={"enabled": True})
    nowhere = {"address": {"country": "US", "postal_code": "00000"}}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.customers.update_async(subscription.customer, nowhere)

    assert refusal.value.code == "customer_tax_location_invalid"
    moved = await api.customers.update_async(subscription.customer, {"address": HOME})
    assert moved.address.country == "DE"


async def test_a_customer_brings_a_card_when_it_is_created(api: Any) -> None:
    customer = await api.customers.create_async({**ADA, "payment_method": "pm_card_visa"})

    assert len((await api.payment_methods.list_async({"customer": customer.id})).data) == 1


async def test_a_renewal_goes_on_without_tax_when_the_address_is_gone(
    api: Any, control: Control
) -> None:
    subscription = await _active(api, automatic_tax={"enabled": True})
    nowhere = {"address": "", "tax": {"validate_location": "deferred"}}
    await api.customers.update_async(subscription.customer, nowhere)

    await control.post("clock", {"advance": 32 * 86_400})

    totals = [each.total for each in (await api.invoices.list_async({})).data]
    assert totals == [1000, 1200]


async def test_nobody_charges_a_deleted_customer(api: Any, control: Control) -> None:
    subscription = await _active(api)
    await control.post("clock", {"advance": 31 * 86_400 + 60})
    await api.customers.delete_async(subscription.customer)

    await control.post("clock", {"advance": 90 * 86_400})

    statuses = [each.status for each in (await api.invoices.list_async({})).data]
    assert statuses in (["draft", "paid"], ["paid", "paid"])
    with pytest.raises(stripe.InvalidRequestError):
        await api.invoices.pay_async((await api.invoices.list_async({})).data[0].id)

"""What the hosted pages do, and the events it makes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from portal.sandbox import hosted, hosted_cards, hosted_changes, hosted_invoices
from portal.sandbox.account import Account
from portal.sandbox.app import SandboxApp, create_app
from portal.sandbox.errors import StripeError
from portal.sandbox.world import Sandbox
from tests.sandbox.conftest import client_of, served
from tests.sandbox.selling import a_price, ada, unpaid

CARD: dict[str, Any] = {"exp_month": 12, "exp_year": 2034, "cvc": "123"}
GOOD, REFUSED, FAILS = "4242 4242 4242 4242", "4000000000000002", "4000000000000341"
ASKS_ONCE, ASKS_ALWAYS = "4000002500003155", "4000002760003184"


@pytest.fixture(scope="module")
async def place() -> AsyncIterator[tuple[Sandbox, str]]:
    """A sandbox whose inside is in reach, as it is for the pages."""
    apps: list[SandboxApp] = []

    def app_at(address: str) -> SandboxApp:
        apps.append(create_app(public_url=address))
        return apps[0]

    async with served(app_at) as address:
        yield apps[0].sandbox, address


@pytest.fixture
def account(place: tuple[Sandbox, str]) -> Account:
    """A new account."""
    return place[0].open_account()


@pytest.fixture
async def api(place: tuple[Sandbox, str], account: Account) -> AsyncIterator[Any]:
    """The real SDK for that account."""
    async with client_of(place[1], account.key) as client:
        yield client.v1


def _types(account: Account) -> list[str]:
    return [event["type"] for event in account.kind("event").values()]


async def _unpaid(api: Any) -> tuple[str, str]:
    subscription = await unpaid(api)
    return subscription.customer, subscription.latest_invoice


async def test_a_session_is_found_by_the_secret_in_its_address(
    place: tuple[Sandbox, str], api: Any, account: Account
) -> None:
    customer = await ada(api)
    made = await api.billing_portal.sessions.create_async(
        {"customer": customer.id, "return_url": "http://127.0.0.1/welcome"}
    )
    token = made.url.rpartition("/")[2]

    found = hosted.find_session(place[0], token)

    assert found is not None
    assert (found.customer["id"], found.is_expired) == (customer.id, False)
    assert found.session["return_url"] == "http://127.0.0.1/welcome"
    assert hosted.find_session(place[0], "mallory") is None


async def test_a_session_expires_and_dies_with_its_customer(
    place: tuple[Sandbox, str], api: Any, account: Account
) -> None:
    customer = await ada(api)
    made = await api.billing_portal.sessions.create_async({"customer": customer.id})
    token = made.url.rpartition("/")[2]
    with account.transaction():
        account.edit("_settings", "settings")["clock_offset"] += 3601

    expired = hosted.find_session(place[0], token)
    await api.customers.delete_async(customer.id)

    assert expired is not None
    assert expired.is_expired
    assert hosted.find_session(place[0], token) is None


async def test_a_flow_that_is_done_leads_back(
    place: tuple[Sandbox, str], api: Any, account: Account
) -> None:
    customer = await ada(api)
    back = {"type": "redirect", "redirect": {"return_url": "http://127.0.0.1/welcome"}}
    made = await api.billing_portal.sessions.create_async(
        {
            "customer": customer.id,
            "flow_data": {"type": "payment_method_update", "after_completion": back},
        }
    )

    assert hosted.finish_flow(account, made.id) == "http://127.0.0.1/welcome"

    found = hosted.find_session(place[0], made.url.rpartition("/")[2])
    assert found is not None
    assert found.is_flow_done


async def test_a_good_card_is_attached_before_it_becomes_the_default(
    api: Any, account: Account
) -> None:
    customer = await ada(api)

    added = hosted_cards.add_card(account, customer.id, number=GOOD, **CARD)
    hosted_cards.make_default(account, customer.id, added.payment_method)

    assert added.status == "succeeded"
    assert [type for type in _types(account) if type != "customer.created"] == [
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
        "customer.updated",
    ]
    held = (await api.customers.retrieve_async(customer.id)).invoice_settings
    assert held.default_payment_method == added.payment_method


async def test_a_refused_card_is_told_and_not_attached(api: Any, account: Account) -> None:
    customer = await ada(api)

    with pytest.raises(StripeError) as refusal:
        hosted_cards.add_card(account, customer.id, number=REFUSED, **CARD)

    assert refusal.value.error["code"] == "card_declined"
    assert hosted.customer_cards(account, customer.id) == []
    assert _types(account)[-1] == "setup_intent.setup_failed"


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"number": "4242424242424241"}, "number"),
        ({"exp_month": 13}, "exp_month"),
        ({"exp_year": 2001}, "exp_year"),
        ({"cvc": "12"}, "cvc"),
    ],
)
async def test_a_mistyped_card_names_the_field(
    api: Any, account: Account, wrong: dict[str, Any], param: str
) -> None:
    customer = await ada(api)

    with pytest.raises(StripeError) as refusal:
        hosted_cards.add_card(account, customer.id, **{"number": GOOD, **CARD, **wrong})

    assert refusal.value.error["param"] == param


async def test_a_card_whose_bank_asks_waits_for_the_answer(api: Any, account: Account) -> None:
    customer = await ada(api)
    asked = hosted_cards.add_card(account, customer.id, number=ASKS_ONCE, **CARD)
    meanwhile = hosted.customer_cards(account, customer.id)

    added = hosted_cards.answer_bank(account, asked.setup_intent, agreed=True)

    assert (asked.status, meanwhile, added.status) == ("requires_action", [], "succeeded")
    assert hosted.customer_cards(account, customer.id)[0]["id"] == added.payment_method


async def test_saying_no_to_the_bank_adds_nothing(api: Any, account: Account) -> None:
    customer = await ada(api)
    asked = hosted_cards.add_card(account, customer.id, number=ASKS_ONCE, **CARD)

    with pytest.raises(StripeError) as refusal:
        hosted_cards.answer_bank(account, asked.setup_intent, agreed=False)

    assert refusal.value.error["code"] == "setup_intent_authentication_failure"
    assert hosted.customer_cards(account, customer.id) == []


async def test_a_card_that_was_authenticated_once_pays_by_itself(
    api: Any, account: Account
) -> None:
    customer, invoice = await _unpaid(api)
    asked = hosted_cards.add_card(account, customer, number=ASKS_ONCE, **CARD)
    hosted_cards.answer_bank(account, asked.setup_intent, agreed=True)

    paid = await api.invoices.pay_async(invoice, {"payment_method": asked.payment_method})

    assert paid.status == "paid"


async def test_a_card_that_always_asks_is_paid_with_on_the_invoice_page(
    place: tuple[Sandbox, str], api: Any, account: Account
) -> None:
    customer, invoice = await _unpaid(api)
    asked = hosted_cards.add_card(account, customer, number=ASKS_ALWAYS, **CARD)
    card = hosted_cards.answer_bank(account, asked.setup_intent, agreed=True).payment_method

    first = hosted_invoices.pay_invoice(account, invoice, card)
    url = (await api.invoices.retrieve_async(invoice)).hosted_invoice_url
    found = hosted_invoices.find_invoice(place[0], url.rpartition("/")[2])
    second = hosted_invoices.pay_invoice(account, invoice, card, agreed=True)

    assert found is not None
    assert found.invoice["id"] == invoice
    assert (first, second) == ("requires_action", "paid")


async def test_a_failing_card_is_declined_on_the_invoice_page(api: Any, account: Account) -> None:
    customer, invoice = await _unpaid(api)
    card = hosted_cards.add_card(account, customer, number=FAILS, **CARD).payment_method

    with pytest.raises(StripeError) as refusal:
        hosted_invoices.pay_invoice(account, invoice, card)

    assert refusal.value.error["code"] == "card_declined"
    assert _types(account)[-1] == "invoice.payment_failed"


async def test_a_subscription_is_canceled_at_the_end_of_its_period_and_kept_again(
    api: Any, account: Account
) -> None:
    price = await a_price(api, unit_amount=0)
    customer = await ada(api)
    subscription = await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}]}
    )

    hosted_changes.cancel_subscription(account, customer.id, subscription.id, feedback="unused")
    planned = hosted.customer_subscriptions(account, customer.id)[0]
    hosted_changes.keep_subscription(account, customer.id, subscription.id)
    kept = hosted.customer_subscriptions(account, customer.id)[0]
    hosted_changes.cancel_subscription(account, customer.id, subscription.id, mode="immediately")

    assert planned["cancel_at_period_end"]
    assert planned["cancellation_details"]["feedback"] == "unused"
    assert not kept["cancel_at_period_end"]
    assert hosted.customer_subscriptions(account, customer.id) == []
    assert hosted.product_name(account, price.id) == "Tea"


async def test_details_change_only_as_the_configuration_allows(
    place: tuple[Sandbox, str], api: Any, account: Account
) -> None:
    customer = await ada(api)
    made = await api.billing_portal.sessions.create_async({"customer": customer.id})
    found = hosted.find_session(place[0], made.url.rpartition("/")[2])
    assert found is not None

    hosted_changes.update_details(account, customer.id, found.configuration, {"name": "Ada King"})
    with pytest.raises(StripeError) as refusal:
        hosted_changes.update_details(
            account, customer.id, found.configuration, {"email": "mallory@example.com"}
        )

    assert refusal.value.error["param"] == "email"
    after = await api.customers.retrieve_async(customer.id)
    assert (after.name, after.email) == ("Ada King", "ada@example.com")


async def test_tax_ids_and_cards_are_given_and_taken(api: Any, account: Account) -> None:
    customer = await ada(api)
    grace = await api.customers.create_async({"email": "grace@example.com"})
    card = hosted_cards.add_card(account, customer.id, number=GOOD, **CARD).payment_method
    hosted_cards.make_default(account, customer.id, card)
    tax_id = hosted_changes.give_tax_id(account, customer.id, "gb_vat", "GB000000000")
    with pytest.raises(StripeError):
        hosted_cards.remove_card(account, grace.id, card)

    hosted_cards.remove_card(account, customer.id, card)
    hosted_changes.take_tax_id(account, customer.id, tax_id["id"])

    assert hosted.customer_cards(account, customer.id) == []
    assert hosted.customer_tax_ids(account, customer.id) == []
    settings = (await api.customers.retrieve_async(customer.id)).invoice_settings
    assert settings.default_payment_method is None

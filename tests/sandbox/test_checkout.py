"""Checkout sessions: made by the API, completed by a person on the hosted page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import stripe

from tests.sandbox.browsing import (
    ASKS_ALWAYS,
    ASKS_ONCE,
    CARD,
    FAILS,
    GOOD,
    REFUSED,
    action,
    path_of,
    types_of,
    words,
)
from tests.sandbox.conftest import PATIENCE_S, Control
from tests.sandbox.selling import a_price, ada

DONE = "https://shop.example/done?session={CHECKOUT_SESSION_ID}"
BACK = "https://shop.example/plans"


@pytest.fixture
async def browser(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a window."""
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S, verify=False) as client:
        yield client


async def a_checkout(api: Any, *, unit_amount: int = 900, **more: Any) -> Any:
    """Open a checkout in which tea is sold."""
    price = await a_price(api, unit_amount=unit_amount)
    return await api.checkout.sessions.create_async(
        {"mode": "subscription", "success_url": DONE, "cancel_url": BACK,
         "line_items": [{"price": price.id, "quantity": 2}], **more}
    )  # fmt: skip


async def a_setup(api: Any, **more: Any) -> Any:
    """Open a checkout that only wants a card."""
    return await api.checkout.sessions.create_async(
        {"mode": "setup", "currency": "eur", "success_url": DONE, **more}
    )


async def pay(browser: httpx.AsyncClient, session: Any, number: str, **more: str) -> httpx.Response:
    """Type a card into a checkout's form and send it."""
    form = await browser.get(path_of(session.url))
    assert form.status_code == 200
    return await browser.post(action(form), data={**CARD, "number": number, **more})


async def test_a_person_subscribes_by_checkout(browser: httpx.AsyncClient, api: Any) -> None:
    customer = await ada(api)
    session = await a_checkout(
        api,
        customer=customer.id,
        client_reference_id="ours-1",
        metadata={"site": "uk"},
        subscription_data={"metadata": {"plan": "tea"}, "description": "Tea"},
    )

    form = await browser.get(path_of(session.url))
    sent = await pay(browser, session, GOOD)

    assert (session.status, session.payment_status, session.subscription) == (
        "open",
        "unpaid",
        None,
    )
    assert (session.amount_total, session.currency) == (1800, "eur")
    assert "€18.00" in words(form)
    assert "ada@example.com" in words(form)
    done = await api.checkout.sessions.retrieve_async(
        session.id, {"expand": ["subscription.default_payment_method", "invoice", "line_items"]}
    )
    assert sent.headers["location"] == DONE.replace("{CHECKOUT_SESSION_ID}", session.id)
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert (done.client_reference_id, done.customer) == ("ours-1", customer.id)
    assert (done.invoice.status, done.invoice.amount_paid) == ("paid", 1800)
    assert (done.subscription.status, done.subscription.metadata["plan"]) == ("active", "tea")
    assert done.subscription.default_payment_method.card.last4 == "4242"
    assert (done.line_items.data[0].quantity, done.line_items.data[0].amount_total) == (2, 1800)
    assert done.customer_details.email == "ada@example.com"
    assert (await types_of(api))[-1] == "checkout.session.completed"
    again = await browser.get(path_of(session.url))
    assert again.headers["location"] == sent.headers["location"]


async def test_a_stranger_becomes_a_customer_only_when_all_is_done(
    browser: httpx.AsyncClient, api: Any
) -> None:
    session = await a_checkout(api)

    nobody = await pay(browser, session, GOOD, email="grace")
    refused = await pay(browser, session, REFUSED, email="grace@example.com")
    declined = await pay(browser, session, FAILS, email="grace@example.com")
    assert (await api.customers.list_async()).data == []
    assert (await api.subscriptions.list_async({"status": "all"})).data == []
    await pay(browser, session, GOOD, email="grace@example.com", name="Grace O'Malley")

    assert "Enter your e-mail address" in words(nobody)
    assert [each.status_code for each in (nobody, refused, declined)] == [422] * 3
    assert "Your card was declined." in words(declined)
    (grace,) = (await api.customers.list_async()).data
    assert (grace.email, grace.name) == ("grace@example.com", "Grace O'Malley")
    found = await api.checkout.sessions.list_async({"customer": grace.id, "status": "complete"})
    assert [each.id for each in found.data] == [session.id]


@pytest.mark.parametrize("number", [ASKS_ONCE, ASKS_ALWAYS])
async def test_the_bank_may_ask_first(browser: httpx.AsyncClient, api: Any, number: str) -> None:
    session = await a_checkout(api, customer_email="ada@example.com")

    asked = await pay(browser, session, number)
    question = await browser.get(asked.headers["location"])
    no = await browser.post(asked.headers["location"], data={"answer": "fail"})
    assert (await api.checkout.sessions.retrieve_async(session.id)).status == "open"
    yes = await browser.post(asked.headers["location"], data={"answer": "complete"})

    assert "confirm a payment of €18.00" in words(question)
    assert (no.status_code, yes.status_code) == (422, 303)
    done = await api.checkout.sessions.retrieve_async(session.id, {"expand": ["subscription"]})
    assert (done.payment_status, done.subscription.status) == ("paid", "active")


async def test_a_trial_costs_nothing_today(browser: httpx.AsyncClient, api: Any) -> None:
    session = await a_checkout(
        api, subscription_data={"trial_period_days": 14}, customer_email="ada@example.com",
        payment_method_collection="if_required",
    )  # fmt: skip
    page = await browser.get(path_of(session.url))

    sent = await browser.post(action(page), data={})

    done = await api.checkout.sessions.retrieve_async(session.id, {"expand": ["subscription"]})
    assert (session.amount_total, 'name="number"' in page.text) == (0, False)
    assert sent.status_code == 303
    assert (done.payment_status, done.subscription.status) == ("no_payment_required", "trialing")


async def test_a_card_is_left_by_checkout(browser: httpx.AsyncClient, api: Any) -> None:
    customer = await ada(api)
    session = await a_setup(
        api, customer=customer.id, setup_intent_data={"metadata": {"why": "tea"}}
    )

    refused = await pay(browser, session, REFUSED)
    sent = await pay(browser, session, GOOD)

    done = await api.checkout.sessions.retrieve_async(
        session.id, {"expand": ["setup_intent.payment_method"]}
    )
    assert (refused.status_code, sent.status_code) == (422, 303)
    assert (done.status, done.payment_status) == ("complete", "no_payment_required")
    assert (done.setup_intent.status, done.setup_intent.metadata["why"]) == ("succeeded", "tea")
    assert done.setup_intent.payment_method.customer == customer.id
    assert (await types_of(api))[-1] == "checkout.session.completed"


async def test_a_session_ends_when_told_or_by_itself(
    browser: httpx.AsyncClient, api: Any, control: Control
) -> None:
    told, forgotten, soon = await a_checkout(api), await a_checkout(api), await a_setup(api)

    ended = await api.checkout.sessions.expire_async(told.id)
    await control.post("clock", {"advance": 86_401})

    assert (ended.status, ended.url) == ("expired", None)
    for session in (told, forgotten, soon):
        assert (await api.checkout.sessions.retrieve_async(session.id)).status == "expired"
        assert (await browser.get(path_of(session.url))).status_code == 404
    assert (await types_of(api)).count("checkout.session.expired") == 3
    with pytest.raises(stripe.InvalidRequestError):
        await api.checkout.sessions.expire_async(told.id)


async def test_a_session_shows_what_it_sells(api: Any) -> None:
    coupon = await api.coupons.create_async({"percent_off": 50})
    product = await api.products.create_async({"name": "Milk"})
    session = await a_checkout(
        api,
        discounts=[{"coupon": coupon.id}],
        line_items=[
            {"quantity": 3,
             "price_data": {"currency": "eur", "product": product.id, "unit_amount": 200,
                            "recurring": {"interval": "month"}}},
        ],
    )  # fmt: skip

    lines = await api.checkout.sessions.line_items.list_async(session.id)
    changed = await api.checkout.sessions.update_async(session.id, {"metadata": {"a": "b"}})

    assert (session.amount_subtotal, session.amount_total) == (600, 300)
    assert session.total_details.amount_discount == 300
    (line,) = lines.data
    assert (line.price.product, line.amount_discount, line.amount_total) == (product.id, 300, 300)
    assert changed.metadata["a"] == "b"
    listed = await api.checkout.sessions.list_async({"expand": ["data.line_items"]})
    assert listed.data[0].line_items.data[0].id == line.id


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"mode": None}, "mode"),
        ({"mode": "payment"}, "mode"),
        ({"success_url": None}, "success_url"),
        ({"line_items": None}, "line_items"),
        ({"line_items": [{"quantity": 1}]}, "line_items[0][price]"),
        ({"line_items": [{"price": "price_no"}]}, "line_items[0][price]"),
        ({"customer": "cus_no"}, "customer"),
        ({"customer": "ADA", "customer_email": "ada@example.com"}, "customer"),
        ({"expires_at": 5}, "expires_at"),
        ({"mode": "setup"}, "line_items"),
        ({"setup_intent_data": {"description": "x"}}, "setup_intent_data"),
        ({"ui_mode": "embedded_page"}, "ui_mode"),
        ({"subscription_data": {"on_behalf_of": "acct_no"}}, "subscription_data[on_behalf_of]"),
        ({"allow_promotion_codes": True}, "allow_promotion_codes"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_session_that_makes_no_sense_is_refused(
    api: Any, given: dict[str, Any], param: str
) -> None:
    price = await a_price(api, unit_amount=900)
    params = {
        "mode": "subscription", "success_url": DONE, "line_items": [{"price": price.id}], **given,
    }  # fmt: skip

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.checkout.sessions.create_async(
            {name: value for name, value in params.items() if value is not None}
        )

    assert refusal.value.param == param


async def test_no_other_address_leads_to_a_checkout(browser: httpx.AsyncClient, api: Any) -> None:
    customer = await ada(api)
    session = await a_checkout(api, customer=customer.id)
    at = path_of(session.url)

    assert (await browser.get("/p/checkout/mallory")).status_code == 404
    assert (await browser.get(f"{at}/elsewhere")).status_code == 404
    assert (await browser.get(f"{at}/bank")).headers["location"] == at
    policy = (await browser.get(at)).headers["content-security-policy"]
    assert "form-action 'self' https://shop.example" in policy
    await api.customers.delete_async(customer.id)
    assert (await browser.get(at)).status_code == 404

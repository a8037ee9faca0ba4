"""Hosted invoices: read, paid with a saved or a new card, and confirmed with the bank."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.sandbox.browsing import (
    ASKS_ALWAYS,
    ASKS_ONCE,
    CARD,
    FAILS,
    GOOD,
    REFUSED,
    action,
    hidden,
    open_portal,
    path_of,
    send_card,
    types_of,
    words,
)
from tests.sandbox.conftest import PATIENCE_S
from tests.sandbox.selling import a_price, ada

PAID = [
    "charge.succeeded",
    "payment_intent.succeeded",
    "invoice.paid",
    "invoice.payment_succeeded",
    "customer.subscription.updated",
]


@pytest.fixture
async def browser(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a window."""
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S, verify=False) as client:
        yield client


async def owing(api: Any, **more: Any) -> tuple[Any, str]:
    """Subscribe Ada to a plan that is paid from the first day; give it and its invoice's page."""
    price = await a_price(api, unit_amount=900)
    customer = await ada(api, **more)
    plan = await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id}],
            "payment_behavior": "default_incomplete",
            "expand": ["latest_invoice"],
        }
    )
    return plan, path_of(plan.latest_invoice.hosted_invoice_url)


async def type_card(browser: httpx.AsyncClient, invoice: str, number: str) -> httpx.Response:
    """Type a new card on an invoice's page and pay with it."""
    shown = await browser.get(invoice)
    return await browser.post(f"{invoice}/pay", data={**hidden(shown), **CARD, "number": number})


async def status_of(api: Any, plan: Any) -> str:
    """Give a subscription's status."""
    return str((await api.subscriptions.retrieve_async(plan.id)).status)


async def test_an_invoice_tells_what_is_owed(browser: httpx.AsyncClient, api: Any) -> None:
    _, invoice = await owing(api)

    shown = await browser.get(invoice)
    document = await browser.get(f"{invoice}/pdf")

    for told in ("€9.00", "Open", "Subtotal €9.00", "Amount due €9.00", "Pay with a card"):
        assert told in words(shown)
    assert "Tea" in words(document)
    assert "Ada Lovelace" in words(document)
    assert "form-action 'self';" in shown.headers["content-security-policy"]


async def test_discounts_and_taxes_are_told(browser: httpx.AsyncClient, api: Any) -> None:
    price = await a_price(api, unit_amount=1000)
    coupon = await api.coupons.create_async({"percent_off": 20, "duration": "once"})
    rate = await api.tax_rates.create_async(
        {"display_name": "VAT", "percentage": 19, "inclusive": False}
    )
    plan = await api.subscriptions.create_async(
        {
            "customer": (await ada(api)).id,
            "items": [{"price": price.id}],
            "payment_behavior": "default_incomplete",
            "discounts": [{"coupon": coupon.id}],
            "default_tax_rates": [rate.id],
            "expand": ["latest_invoice"],
        }
    )
    invoice = path_of(plan.latest_invoice.hosted_invoice_url)
    await type_card(browser, invoice, GOOD)

    shown = words(await browser.get(invoice))

    for told in (
        "Subtotal €10.00",
        "Discount −€2.00",
        "VAT 19 % €1.52",
        "Total €9.52",
        "Paid €9.52",
        "Amount due €0.00",
    ):
        assert told in shown


async def test_a_new_card_pays_and_the_plan_begins(browser: httpx.AsyncClient, api: Any) -> None:
    plan, invoice = await owing(api)

    sent = await type_card(browser, invoice, GOOD)
    after = await browser.get(invoice)

    assert (sent.status_code, sent.headers["location"]) == (303, invoice)
    assert "Invoice paid on" in words(after)
    assert "Pay €9.00" not in words(after)
    assert await status_of(api, plan) == "active"
    assert (await types_of(api))[-5:] == PAID


async def test_a_saved_card_pays(browser: httpx.AsyncClient, api: Any) -> None:
    plan, invoice = await owing(api)
    await send_card(browser, await open_portal(api, plan.customer), GOOD, purpose="default")
    card = (await api.customers.payment_methods.list_async(plan.customer)).data[0].id

    shown = await browser.get(invoice)
    sent = await browser.post(f"{invoice}/pay", data={"card": card})

    assert "Visa •••• 4242" in words(shown)
    assert sent.status_code == 303
    assert await status_of(api, plan) == "active"


@pytest.mark.parametrize("number", [REFUSED, FAILS])
async def test_a_declined_card_is_told_and_another_one_pays(
    browser: httpx.AsyncClient, api: Any, number: str
) -> None:
    plan, invoice = await owing(api)

    declined = await type_card(browser, invoice, number)
    between = await status_of(api, plan)
    paid = await type_card(browser, invoice, GOOD)

    assert declined.status_code == 422
    assert "Your card was declined." in words(declined)
    assert between == "incomplete"
    assert ("invoice.payment_failed" in await types_of(api)) == (number == FAILS)
    assert paid.status_code == 303
    assert await status_of(api, plan) == "active"


@pytest.mark.parametrize("number", [ASKS_ONCE, ASKS_ALWAYS])
async def test_the_bank_of_a_new_card_asks_once_and_then_it_pays(
    browser: httpx.AsyncClient, api: Any, number: str
) -> None:
    plan, invoice = await owing(api)

    sent = await type_card(browser, invoice, number)
    asked = await browser.get(sent.headers["location"])
    answered = await browser.post(action(asked), data={"answer": "complete"})

    assert "confirm a payment of €9.00" in words(asked)
    assert answered.headers["location"] == invoice
    assert await status_of(api, plan) == "active"
    assert (await types_of(api))[-5:] == PAID


async def test_refusing_the_bank_of_a_new_card_pays_nothing(
    browser: httpx.AsyncClient, api: Any
) -> None:
    plan, invoice = await owing(api)
    asked = await browser.get((await type_card(browser, invoice, ASKS_ONCE)).headers["location"])

    failed = await browser.post(action(asked), data={"answer": "fail"})
    again = await browser.post(action(asked), data={"answer": "fail"})

    assert "unable to authenticate" in words(failed)
    assert again.headers["location"] == invoice
    assert await status_of(api, plan) == "incomplete"


async def test_a_payment_that_waits_for_the_bank_is_confirmed(
    browser: httpx.AsyncClient, api: Any
) -> None:
    plan, invoice = await owing(api)
    session = await open_portal(api, plan.customer)
    setup = await browser.get((await send_card(browser, session, ASKS_ALWAYS)).headers["location"])
    await browser.post(action(setup), data={"answer": "complete"})
    card = (await api.customers.payment_methods.list_async(plan.customer)).data[0].id

    asked_first = await browser.post(f"{invoice}/pay", data={"card": card})
    shown = await browser.get(invoice)
    asked = await browser.get(asked_first.headers["location"])
    failed = await browser.post(action(asked), data={"answer": "fail"})
    between = await status_of(api, plan)
    await browser.post(action(asked), data={"answer": "complete"})
    late = await browser.get(action(asked))

    assert "Your bank wants you to confirm" in words(shown)
    assert failed.status_code == 422
    assert between == "incomplete"
    assert await status_of(api, plan) == "active"
    assert "invoice.payment_action_required" in await types_of(api)
    assert late.headers["location"] == invoice


async def test_paying_twice_at_once_pays_once(browser: httpx.AsyncClient, api: Any) -> None:
    _, invoice = await owing(api)
    shown = await browser.get(invoice)
    typed = {**hidden(shown), **CARD, "number": GOOD}

    sent = await asyncio.gather(*(browser.post(f"{invoice}/pay", data=typed) for _ in range(3)))

    assert {each.headers["location"] for each in sent} == {invoice}
    types = await types_of(api)
    assert (types.count("charge.succeeded"), types.count("payment_method.attached")) == (1, 1)


async def test_a_void_invoice_is_not_paid(browser: httpx.AsyncClient, api: Any) -> None:
    plan, invoice = await owing(api)
    await api.invoices.void_invoice_async(plan.latest_invoice.id)

    shown = await browser.get(invoice)
    sent = await type_card(browser, invoice, GOOD)

    assert "can no longer be paid" in words(shown)
    assert sent.headers["location"] == invoice
    assert "charge.succeeded" not in await types_of(api)


async def test_an_invoice_outlives_its_customer(browser: httpx.AsyncClient, api: Any) -> None:
    plan, invoice = await owing(api)
    await api.customers.delete_async(plan.customer)

    shown = await browser.get(invoice)
    sent = await type_card(browser, invoice, GOOD)

    assert shown.status_code == 200
    assert sent.headers["location"] == invoice


async def test_mallorys_card_and_her_bank_are_nothing_to_adas_invoice(
    browser: httpx.AsyncClient, api: Any
) -> None:
    plan, invoice = await owing(api)
    mallory = await api.customers.create_async({"email": "mallory@example.com"})
    card = (await api.payment_methods.attach_async("pm_card_visa", {"customer": mallory.id})).id

    paid = await browser.post(f"{invoice}/pay", data={"card": card})
    asked = await browser.get(f"{invoice}/bank?card={card}")
    wrong = await browser.get(f"{invoice}/bank")

    assert paid.status_code == 422
    assert (asked.status_code, wrong.status_code) == (404, 404)
    assert await status_of(api, plan) == "incomplete"


async def test_an_unknown_invoice_or_page_of_it_is_not_found(
    browser: httpx.AsyncClient, api: Any
) -> None:
    _, invoice = await owing(api)

    assert (await browser.get("/i/mallory")).status_code == 404
    assert (await browser.get(f"{invoice}/nothing")).status_code == 404


async def test_what_is_on_an_invoice_is_text_and_never_markup(
    browser: httpx.AsyncClient, api: Any
) -> None:
    _, invoice = await owing(api, name="<script>alert(1)</script>")

    for path in (invoice, f"{invoice}/pdf"):
        assert "<script" not in (await browser.get(path)).text

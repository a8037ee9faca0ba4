"""Cards, added on the hosted pages: what the person reads, and what the API then says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.sandbox.browsing import (
    ASKS_ALWAYS,
    ASKS_ONCE,
    BACK,
    CARD,
    FAILS,
    GOOD,
    REFUSED,
    action,
    default_card,
    hidden,
    open_flow,
    open_portal,
    send_card,
    types_of,
    words,
)
from tests.sandbox.conftest import PATIENCE_S, Control
from tests.sandbox.selling import ada


@pytest.fixture
async def browser(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a window."""
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S, verify=False) as client:
        yield client


@pytest.mark.parametrize(
    ("number", "brand", "last4"),
    [
        (GOOD, "visa", "4242"),
        ("5555555555554444", "mastercard", "4444"),
        ("3782 822463 10005", "amex", "0005"),
        (FAILS, "visa", "0341"),
    ],
)
async def test_a_card_added_in_the_flow_is_the_default_and_leads_back(
    browser: httpx.AsyncClient, api: Any, number: str, brand: str, last4: str
) -> None:
    customer = await ada(api)
    session = await open_flow(api, customer.id)

    sent = await send_card(browser, session, number, cvc="1234" if brand == "amex" else "123")

    assert (sent.status_code, sent.headers["location"]) == (303, BACK)
    card = (await default_card(api, customer.id)).card
    assert (card.brand, card.last4, card.exp_month, card.exp_year) == (brand, last4, 12, 2034)
    assert (await types_of(api))[-4:] == [
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
        "customer.updated",
    ]


async def test_the_flow_opens_on_the_form_and_is_over_once_it_is_done(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    session = await open_flow(api, customer.id)

    before = await browser.get(session)
    await send_card(browser, session, GOOD)
    after = await browser.get(session)

    assert "Add payment method" in words(before)
    assert 'autocomplete="cc-number"' in before.text
    assert "Visa •••• 4242" in words(after)


@pytest.mark.parametrize(
    ("number", "sentence", "code"),
    [
        (REFUSED, "Your card was declined.", "card_declined"),
        ("4000000000009995", "Your card has insufficient funds.", "card_declined"),
        ("4000000000000069", "Your card has expired.", "expired_card"),
        ("4000000000000127", "Your card's security code is incorrect.", "incorrect_cvc"),
    ],
)
async def test_a_refused_card_is_told_beside_the_field_and_can_be_mended(
    browser: httpx.AsyncClient, api: Any, number: str, sentence: str, code: str
) -> None:
    customer = await ada(api)
    session = await open_flow(api, customer.id)

    sent = await send_card(browser, session, number)
    failed = (await api.events.list_async({"type": "setup_intent.setup_failed"})).data
    again = await send_card(browser, session, GOOD)

    assert sent.status_code == 422
    assert words(sent).count(sentence) == 2
    assert f'value="{number}"' in sent.text
    assert failed[0].data.object.last_setup_error.code == code
    assert again.headers["location"] == BACK


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"number": ""}, "Enter your card number."),
        ({"number": "4242"}, "Your card number is incomplete."),
        ({"number": "4242424242424241"}, "Your card number is invalid."),
        ({"number": "<script>"}, "Enter the card number with digits only."),
        ({"expiry": ""}, "Enter the expiration date, as in 12 / 34."),
        ({"expiry": "13 / 34"}, "Enter the expiration date as month and year, as in 12 / 34."),
        ({"expiry": "01 / 20"}, "Your card's expiration date is in the past."),
        ({"expiry": "01 / 2099"}, "Your card's expiration year is invalid."),
        ({"cvc": ""}, "Enter the security code."),
        ({"cvc": "12"}, "Your card's security code is incomplete."),
        ({"cvc": "1234"}, "Your card's security code is invalid."),
        ({"cvc": "abc"}, "Enter the security code with digits only."),
        ({"number": "378282246310005"}, "Your card's security code is incomplete."),
    ],
)
async def test_a_mistyped_card_is_told_and_reaches_no_bank(
    browser: httpx.AsyncClient, api: Any, wrong: dict[str, str], sentence: str
) -> None:
    customer = await ada(api)
    session = await open_flow(api, customer.id)

    sent = await send_card(browser, session, **{"number": GOOD, **wrong})

    assert sent.status_code == 422
    assert sentence in words(sent)
    assert sent.text.count('aria-invalid="true"') == 1
    assert "setup_intent.created" not in await types_of(api)


async def test_every_mistake_is_told_at_once(browser: httpx.AsyncClient, api: Any) -> None:
    customer = await ada(api)
    session = await open_flow(api, customer.id)

    sent = await send_card(browser, session, "1", expiry="", cvc="1")

    assert sent.text.count('aria-invalid="true"') == 3
    assert "autofocus" in sent.text


async def test_a_card_expires_by_the_clock_of_the_account(
    browser: httpx.AsyncClient, api: Any, control: Control
) -> None:
    customer = await ada(api)
    await control.post("clock", {"advance": 9 * 365 * 86_400})
    session = await open_flow(api, customer.id)

    sent = await send_card(browser, session, GOOD)

    assert "Your card's expiration date is in the past." in words(sent)


@pytest.mark.parametrize("number", [ASKS_ONCE, ASKS_ALWAYS])
async def test_a_bank_that_asks_is_answered_on_its_page(
    browser: httpx.AsyncClient, api: Any, number: str
) -> None:
    customer = await ada(api)
    session = await open_flow(api, customer.id)

    sent = await send_card(browser, session, number)
    asked = await browser.get(sent.headers["location"])
    meanwhile = await default_card(api, customer.id)
    answered = await browser.post(action(asked), data={"answer": "complete"})
    again = await browser.post(action(asked), data={"answer": "complete"})

    assert sent.status_code == 303
    assert "Complete authentication" in words(asked)
    assert meanwhile is None
    assert answered.headers["location"] == again.headers["location"] == BACK
    assert (await default_card(api, customer.id)).card.last4 == number[-4:]
    assert (await types_of(api)).count("payment_method.attached") == 1


async def test_failing_the_bank_leads_back_to_the_form(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    session = await open_flow(api, customer.id)
    asked = await browser.get((await send_card(browser, session, ASKS_ONCE)).headers["location"])

    failed = await browser.post(action(asked), data={"answer": "fail"})
    again = await browser.get(action(asked))
    mended = await browser.post(f"{session}/card", data={**hidden(failed), **CARD, "number": GOOD})

    assert failed.status_code == 422
    assert "We are unable to authenticate your payment method." in words(failed)
    assert again.headers["location"] == session
    assert mended.headers["location"] == BACK


async def test_a_form_that_is_sent_twice_makes_one_card(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    session = await open_flow(api, customer.id)
    form = await browser.get(session)
    typed = {**hidden(form), **CARD, "number": GOOD}

    sent = await asyncio.gather(*(browser.post(f"{session}/card", data=typed) for _ in range(3)))

    assert {each.headers["location"] for each in sent} == {BACK}
    assert len((await api.customers.payment_methods.list_async(customer.id)).data) == 1
    assert (await types_of(api)).count("customer.updated") == 1


async def test_a_form_that_is_sent_again_after_its_card_was_removed_adds_it_anew(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    session = await open_portal(api, customer.id)
    form = await browser.get(f"{session}/card")
    typed = {**hidden(form), **CARD, "number": GOOD, "purpose": "default"}
    await browser.post(f"{session}/card", data=typed)
    first = (await default_card(api, customer.id)).id
    await browser.post(f"{session}/remove/{first}")

    again = await browser.post(f"{session}/card", data=typed)

    assert again.status_code == 303
    assert (await default_card(api, customer.id)).id != first


async def test_the_bank_answered_again_after_its_card_was_removed_changes_nothing(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    session = await open_portal(api, customer.id)
    sent = await send_card(browser, session, ASKS_ONCE, purpose="default")
    asked = await browser.get(sent.headers["location"])
    await browser.post(action(asked), data={"answer": "complete"})
    await browser.post(f"{session}/remove/{(await default_card(api, customer.id)).id}")

    again = await browser.post(action(asked), data={"answer": "complete"})

    assert again.status_code == 303
    assert await default_card(api, customer.id) is None


async def test_a_card_added_at_home_is_the_default_only_if_wished(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    session = await open_portal(api, customer.id)

    kept = await send_card(browser, session, GOOD)
    before = await default_card(api, customer.id)
    await send_card(browser, session, "5555555555554444", purpose="default")

    assert kept.headers["location"] == f"{session}/home?said=card"
    assert before is None
    assert (await default_card(api, customer.id)).card.brand == "mastercard"


async def test_mallory_cannot_answer_the_bank_of_ada(browser: httpx.AsyncClient, api: Any) -> None:
    customer = await ada(api)
    mallory = await api.customers.create_async({"email": "mallory@example.com"})
    asked = await send_card(browser, await open_flow(api, customer.id), ASKS_ONCE)
    intent = asked.headers["location"].partition("/bank/")[2]

    hers = await open_flow(api, mallory.id)
    answers = [
        await browser.get(f"{hers}/bank/{intent}"),
        await browser.post(f"{hers}/bank/{intent}", data={"answer": "complete"}),
    ]

    assert [each.status_code for each in answers] == [404, 404]
    assert await default_card(api, customer.id) is None

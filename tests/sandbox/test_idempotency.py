"""Idempotency keys behave as in v1 of Stripe's API."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.selling import ADA, unpaid

KEY = {"idempotency_key": "onb:1"}


async def test_the_same_key_makes_one_customer_and_says_that_it_repeats(
    api: Any, control: Control
) -> None:
    first = await api.customers.create_async(ADA, KEY)
    second = await api.customers.create_async(ADA, KEY)

    assert second.id == first.id
    assert first.last_response.headers.get("Idempotent-Replayed") is None
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert (await control.get("objects", type="customer"))["count"] == 1


async def test_the_same_key_with_other_parameters_is_refused(api: Any) -> None:
    await api.customers.create_async(ADA, KEY)

    with pytest.raises(stripe.IdempotencyError):
        await api.customers.create_async({**ADA, "name": "Grace"}, KEY)


async def test_a_second_request_while_the_first_runs_is_told_so(api: Any, control: Control) -> None:
    slow = {"match": "POST /v1/customers", "fault": "delay", "delay": 0.3, "times": 1}
    await control.post("faults", [slow])

    answers = await asyncio.gather(
        api.customers.create_async(ADA, KEY),
        api.customers.create_async(ADA, KEY),
        return_exceptions=True,
    )

    refusals = [each for each in answers if isinstance(each, stripe.StripeError)]
    assert [each.http_status for each in refusals] == [409]
    assert '"idempotency_key_in_use"' in str(refusals[0].http_body)
    assert (await control.get("objects", type="customer"))["count"] == 1


async def test_a_saved_500_answers_again_until_the_key_is_a_day_old(
    api: Any, control: Control
) -> None:
    broken = {"match": "POST /v1/customers", "fault": "status", "saved": True, "times": 1}
    await control.post("faults", [broken])
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await api.customers.create_async(ADA, KEY)
    await control.post("clock", {"advance": 25 * 3600})

    customer = await api.customers.create_async(ADA, KEY)

    assert customer.email == "ada@example.com"


async def test_a_500_that_is_not_saved_is_forgotten(api: Any, control: Control) -> None:
    await control.post("faults", [{"match": "POST /v1/customers", "fault": "status", "times": 1}])
    with pytest.raises(stripe.APIError):
        await api.customers.create_async(ADA, KEY)

    assert (await api.customers.create_async(ADA, KEY)).email == "ada@example.com"


async def test_refused_parameters_do_not_use_the_key_up(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        await api.customers.create_async({"email": "ada"}, KEY)
    with pytest.raises(stripe.InvalidRequestError):
        await api.customers.create_async({"surname": "Lovelace"}, KEY)

    assert (await api.customers.create_async(ADA, KEY)).email == "ada@example.com"


async def test_a_declined_payment_is_kept_under_its_key(api: Any) -> None:
    subscription = await unpaid(api)
    method = await api.payment_methods.attach_async(
        "pm_card_chargeCustomerFail", {"customer": subscription.customer}
    )

    for _ in range(2):
        with pytest.raises(stripe.CardError):
            await api.invoices.pay_async(
                subscription.latest_invoice, {"payment_method": method.id}, KEY
            )

    assert (await api.invoices.retrieve_async(subscription.latest_invoice)).attempt_count == 1

"""The straight line: pricing, form, billing portal, welcome."""

from __future__ import annotations

import pytest

from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.people import ADA


@pytest.mark.usefixtures("key_seen")
async def test_ada_comes_from_the_form_to_her_billing_portal(shop: Shop, ada: Visitor) -> None:
    before = len(await shop.stripe.calls())

    answer = await ada.sign_up(ADA)

    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(shop.stripe.url)
    assert sorted((await shop.stripe.calls())[before:]) == [
        ("POST", "/v1/billing_portal/sessions"),
        ("POST", "/v1/customers"),
        ("POST", "/v1/subscriptions"),
    ]
    assert await shop.counts() == (1, 1)


@pytest.mark.usefixtures("key_seen")
async def test_a_sign_up_is_three_calls_of_which_the_last_two_go_side_by_side(
    shop: Shop, ada: Visitor
) -> None:
    before = (await shop.stripe.control("GET", "/requests"))["requests"]
    await shop.stripe.control("POST", "/latency", {"seconds": 0.3})

    answer = await ada.sign_up(ADA)

    assert answer.headers["location"].startswith(shop.stripe.url)
    seen = (await shop.stripe.control("GET", "/requests"))["requests"][len(before) :]
    began = {call["path"]: call["time"] for call in seen}
    ended = {call["path"]: call["time"] + call["duration"] for call in seen}
    customer, *both = "/v1/customers", "/v1/subscriptions", "/v1/billing_portal/sessions"
    assert sorted(call["path"] for call in seen) == sorted([customer, *both])
    assert ended[customer] <= min(began[path] for path in both)
    assert max(began[path] for path in both) < min(ended[path] for path in both)

"""The straight line: pricing, form, billing portal, welcome."""

from __future__ import annotations

from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.people import ADA


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

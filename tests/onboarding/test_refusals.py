"""When Stripe refuses: who has to mend it, and what happens once it is mended."""

from __future__ import annotations

from typing import Any

import pytest

from portal.billing.billed import Discount
from portal.database import run_sql
from portal.errors import Refused
from portal.onboarding.next_stop import FormAgain, PortalPage, Stuck, next_stop
from portal.onboarding.refusals import field_of
from portal.onboarding.signup import SignedUp
from tests.onboarding.shop import Shop, onboarding, operations

COUPON = Discount("OLD", "coupon", "OLD", 20.0, None, None, "once", None)


async def stop_of(signed_up: SignedUp) -> object:
    assert signed_up.onboarding is not None
    return await next_stop(signed_up.onboarding, wait_s=0)


@pytest.mark.parametrize(
    ("reason", "param", "field"),
    [
        ("customer_tax_location_invalid", None, "line1"),
        ("email_invalid", "email", "email"),
        ("parameter_invalid_string_blank", "address[postal_code]", "postal_code"),
        ("resource_missing", "discounts[0][coupon]", "coupon"),
        ("coupon_expired", None, "coupon"),
        ("resource_missing", "items[0][price]", None),
        ("parameter_unknown", "email", None),
        ("account_invalid", None, None),
    ],
)
def test_a_refusal_names_the_field_that_mends_it(
    reason: str, param: str | None, field: str | None
) -> None:
    assert field_of(Refused(reason, param=param)) == field


async def test_an_address_that_cannot_be_taxed_opens_the_form_again(shop: Shop) -> None:
    first = await shop.sign_up(site=shop.with_tax("automatic"), **NOWHERE)
    await shop.work()
    assert await stop_of(first) == FormAgain(
        first.onboarding or "", "site_1", "line1", "customer_tax_location_invalid"
    )

    again = await shop.sign_up("house", site=shop.with_tax("automatic"))
    await shop.work()

    assert again == SignedUp(first.onboarding, first.customer, is_new=False, is_own_flow=True)
    assert await shop.counts() == (1, 1)
    (subscription,) = await shop.stripe.objects("subscription")
    assert subscription["status"] == "incomplete"
    assert isinstance(await stop_of(again), PortalPage)
    row = await onboarding(again)
    assert (row["problem_field"], row["problem_code"], row["price"]) == ("", "", "pric_house")


# A postcode of the right form that the sandbox finds nowhere.
NOWHERE: dict[str, Any] = {
    "country": "DE", "line1": "Nirgendweg 1", "city": "Nirgendwo", "state": "",
    "postal_code": "00000",
}  # fmt: skip


async def test_a_tax_id_that_stripe_does_not_take_is_dropped_and_flagged(shop: Shop) -> None:
    await shop.stripe.fault(
        match="POST /v1/customers", fault="status", status=400, code="tax_id_invalid", times=1,
        param="tax_id_data[0][value]", saved=True,
    )  # fmt: skip
    signed_up = await shop.sign_up(tax_id="GB980780684")
    await shop.work_in_the_end()

    assert await shop.counts() == (1, 1)
    (customer,) = await run_sql("SELECT tax_id, tax_id_refused FROM customer")
    assert (customer["tax_id"], bool(customer["tax_id_refused"])) == ("GB980780684", True)
    assert (await onboarding(signed_up))["state"] == "ready"


async def test_a_refused_coupon_is_mended_by_another_or_none(shop: Shop) -> None:
    first = await sign_up_with(shop, COUPON)
    await shop.work()
    row = await onboarding(first)
    assert (row["state"], row["problem_field"]) == ("refused", "coupon")

    await sign_up_with(shop, None)
    await shop.work()

    assert await shop.counts() == (1, 1)
    assert (await onboarding(first))["state"] == "ready"
    assert [op["state"] for op in await operations()] == ["done", "failed", "done"]


async def sign_up_with(shop: Shop, coupon: Discount | None) -> SignedUp:
    from portal.onboarding.signup import sign_up
    from tests.onboarding.shop import BROWSER, details

    return await sign_up(
        shop.site, details(), chosen=await shop.plan("studio"), coupon=coupon, browser_hash=BROWSER
    )


async def test_changed_details_reach_stripe_before_the_subscription_is_tried_again(
    shop: Shop,
) -> None:
    await shop.stripe.fault(
        match="POST /v1/subscriptions", fault="status", status=400, times=1,
        code="customer_tax_location_invalid",
    )  # fmt: skip
    first = await shop.sign_up()
    await shop.work()
    assert (await onboarding(first))["problem_field"] == "line1"

    await shop.sign_up(city="Marylebone")
    await shop.work()

    posts = [path for method, path in await shop.stripe.calls() if method == "POST"][-2:]
    (customer,) = await shop.stripe.objects("customer")
    assert posts == [f"/v1/customers/{customer['id']}", "/v1/subscriptions"]
    assert customer["address"]["city"] == "Marylebone"
    assert (await onboarding(first))["state"] == "ready"


async def test_what_the_seller_has_to_mend_is_told_to_the_operator(shop: Shop) -> None:
    await run_sql("UPDATE price SET stripe_id = 'price_gone'")
    first = await shop.sign_up()
    await shop.work()

    row = await onboarding(first)
    assert (row["state"], row["problem_field"]) == ("stuck", "")
    assert row["problem_code"] == "resource_missing"
    assert "price_gone" in row["problem_text"]
    assert await stop_of(first) == Stuck(first.onboarding or "")
    assert await shop.counts() == (1, 0)


async def test_a_refused_update_keeps_nobody_from_their_plan(shop: Shop) -> None:
    await shop.stripe.fault(match="POST /v1/customers/*", fault="status", status=400)
    first = await shop.sign_up()
    await shop.work()
    await shop.sign_up(city="Marylebone")
    await shop.work()

    assert [op["state"] for op in await operations()] == ["done", "done", "failed"]
    assert (await onboarding(first))["state"] == "ready"

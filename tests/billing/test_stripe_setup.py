"""What `portal apply` needs at Stripe: made once, adopted, never deleted."""

from __future__ import annotations

import pytest

from portal.billing.stripe_endpoint import can_reach_us, ensure_webhook
from portal.billing.stripe_events import NEEDED_EVENTS
from portal.billing.stripe_gateway import StripeGateway
from portal.billing.stripe_products import ensure_price, ensure_product
from portal.billing.stripe_setup import ensure_portal_configuration, read_account
from tests.local_stripe import LocalStripe


async def product(gateway: StripeGateway, name: str = "Pro", known: str | None = None) -> str:
    return await ensure_product(
        gateway, company_key="acme", plan_key="pro", name=name, description="", known=known
    )


async def price(gateway: StripeGateway, of: str, amount: int, inclusive: bool | None = True) -> str:
    return await ensure_price(
        gateway,
        product=of,
        lookup_key="acme_pro_month_eur",
        amount=amount,
        currency="eur",
        interval="month",
        inclusive=inclusive,
    )


async def test_the_account_says_whose_key_it_is(gateway: StripeGateway) -> None:
    account = await read_account(gateway)

    assert account.stripe_id.startswith("acct_")
    assert account.livemode is False


async def test_a_product_is_made_once_and_renamed(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    made = await product(gateway)

    assert await product(gateway) == made
    assert await product(gateway, "Professional", known=made) == made
    assert await product(gateway, "Professional", known="prod_gone") == made
    (only,) = await sandbox.objects("product")
    assert (only["name"], only["metadata"]) == ("Professional", {"portal_plan": "acme/pro"})


async def test_a_price_is_adopted_by_its_lookup_key(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    of = await product(gateway)
    made = await price(gateway, of, 1200)

    assert await price(gateway, of, 1200) == made
    assert len(await sandbox.objects("price")) == 1


async def test_a_price_is_given_a_tax_behaviour_once_and_another_is_another_price(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    of = await product(gateway)
    plain = await price(gateway, of, 1200, inclusive=None)

    assert await price(gateway, of, 1200, inclusive=True) == plain
    assert await price(gateway, of, 1200, inclusive=None) == plain
    other = await price(gateway, of, 1200, inclusive=False)

    assert other != plain
    taxed = {one["id"]: one["tax_behavior"] for one in await sandbox.objects("price")}
    assert taxed == {plain: "inclusive", other: "exclusive"}


async def test_another_amount_is_another_price_that_takes_the_lookup_key(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    of = await product(gateway)

    prices = [await price(gateway, of, amount) for amount in (1200, 1500, 1200, 1500)]

    assert len(set(prices)) == 4
    keys = {one["id"]: one["lookup_key"] for one in await sandbox.objects("price")}
    assert [keys[one] for one in prices] == [None, None, None, "acme_pro_month_eur"]


async def configuration(gateway: StripeGateway, known: str | None = None) -> str:
    return await ensure_portal_configuration(
        gateway,
        company_key="acme",
        name="Acme Tea",
        privacy_url="https://acme.example/privacy",
        terms_url="",
        return_url="https://acme.example/account",
        known=known,
    )


async def test_the_portal_lets_customers_do_all_but_change_their_email(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    made = await configuration(gateway)

    assert await configuration(gateway) == made
    assert await configuration(gateway, known=made) == made
    ours = [
        one
        for one in await sandbox.objects("billing_portal.configuration")
        if one["metadata"] == {"portal_company": "acme"}
    ]
    assert len(ours) == 1
    features = ours[0]["features"]
    assert features["subscription_cancel"]["mode"] == "at_period_end"
    assert "email" not in features["customer_update"]["allowed_updates"]


async def test_an_endpoint_is_replaced_only_when_its_secret_is_lost(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    url = "http://127.0.0.1:9/webhooks/stripe/acme"
    first = await ensure_webhook(gateway, company_key="acme", url=url, known=None, has_secret=False)
    assert first.secret is not None
    assert first.secret.startswith("whsec_")

    same = await ensure_webhook(
        gateway, company_key="acme", url=url, known=first.stripe_id, has_secret=True
    )
    assert (same.stripe_id, same.secret) == (first.stripe_id, None)

    second = await ensure_webhook(
        gateway, company_key="acme", url=url, known=first.stripe_id, has_secret=False
    )
    assert second.secret is not None
    assert second.stripe_id != first.stripe_id
    state = {one["id"]: one["status"] for one in await sandbox.objects("webhook_endpoint")}
    assert state == {first.stripe_id: "disabled", second.stripe_id: "enabled"}


async def test_an_endpoint_is_moved_and_switched_on_again(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    made = await ensure_webhook(
        gateway, company_key="acme", url="http://127.0.0.1:9/old", known=None, has_secret=False
    )
    await gateway.v1.webhook_endpoints.update_async(made.stripe_id, {"disabled": True})

    url = "http://127.0.0.1:9/new"
    same = await ensure_webhook(
        gateway, company_key="acme", url=url, known=made.stripe_id, has_secret=True
    )

    assert same.stripe_id == made.stripe_id
    (endpoint,) = await sandbox.objects("webhook_endpoint")
    assert (endpoint["url"], endpoint["status"]) == (url, "enabled")
    assert set(endpoint["enabled_events"]) == set(NEEDED_EVENTS)


@pytest.mark.parametrize(
    ("url", "can"),
    [
        ("https://acme.example/webhooks/stripe/acme", True),
        ("https://8.8.8.8/webhooks/stripe/acme", True),
        ("http://acme.example/webhooks/stripe/acme", False),
        ("https://localhost/webhooks/stripe/acme", False),
        ("https://acme.localhost/x", False),
        ("https://printer.local/x", False),
        ("https://127.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("https://10.1.2.3/x", False),
        ("https://intranet/x", False),
    ],
)
def test_stripe_delivers_to_public_addresses_only(url: str, can: bool) -> None:
    assert can_reach_us(url, "https://api.stripe.com") is can
    assert can_reach_us(url, "http://127.0.0.1:1234")

"""The gateway against the sandbox: what it sends, what it makes of the answers."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe

from portal.billing import stripe_products, stripe_setup
from portal.billing.billed import CardRefused
from portal.billing.billed_customers import BilledCard
from portal.billing.gateway import (
    WORKER_S,
    close_gateways,
    gateway_of,
    is_live,
    open_gateway,
    warm_gateways,
)
from portal.billing.stripe_gateway import StripeGateway
from portal.billing.stripe_words import card_of
from portal.clock import now
from portal.errors import Indeterminate, KeyRejected, NotBegun, Refused, Unanswered
from portal.ids import new_id
from portal.sealing import seal
from portal.settings import configure
from portal.sites.tables import Company
from tests.local_stripe import LocalStripe
from tests.people import ADA

HER: dict[str, Any] = {"email": ADA["email"], "metadata": {"operation": "op_1", "portal": "comp_1"}}


async def price_of(gateway: StripeGateway, amount: int = 1200) -> str:
    product = await stripe_products.ensure_product(
        gateway, company_key="acme", plan_key="pro", name="Pro", description="", known=None
    )
    return await stripe_products.ensure_price(
        gateway,
        product=product,
        lookup_key=f"acme_pro_{amount}",
        amount=amount,
        currency="eur",
        interval="month",
    )


async def with_card(gateway: StripeGateway, customer: str, card: str = "pm_card_visa") -> str:
    attached = await gateway.v1.payment_methods.attach_async(card, {"customer": customer})
    await gateway.v1.customers.update_async(
        customer, {"invoice_settings": {"default_payment_method": attached.id}}
    )
    return attached.id


async def test_the_same_key_makes_one_customer(gateway: StripeGateway) -> None:
    first = await gateway.create_customer(HER, key="k1")
    again = await gateway.create_customer(HER, key="k1")

    assert first == again
    assert first.startswith("cus_")


async def test_other_parameters_under_the_same_key_hide_the_effect(gateway: StripeGateway) -> None:
    await gateway.create_customer(HER, key="k1")

    with pytest.raises(Indeterminate):
        await gateway.create_customer({"email": "other@example.com"}, key="k1")


async def test_a_trial_is_read_in_our_words(gateway: StripeGateway) -> None:
    customer = await gateway.create_customer(HER, key="k1")

    made = await gateway.create_subscription(
        {
            "customer": customer,
            "items": [{"price": await price_of(gateway)}],
            "trial_period_days": 14,
            "metadata": {"operation": "op_2"},
        },
        key="k2",
    )

    assert (made.status, made.customer_stripe_id) == ("trialing", customer)
    assert (made.amount, made.currency, made.interval) == (1200, "eur", "month")
    assert made.trial_ends_at is not None
    assert abs(made.trial_ends_at - now() - timedelta(days=14)) < timedelta(minutes=1)
    assert made.period_ends_at == made.trial_ends_at
    assert made.started_at is not None
    assert made.started_at.tzinfo is UTC
    assert await gateway.fetch_subscription(made.stripe_id) == await gateway.fetch_subscription(
        made.stripe_id
    )


async def test_a_first_payment_waits_for_a_card_and_is_then_taken(gateway: StripeGateway) -> None:
    customer = await gateway.create_customer(HER, key="k1")
    made = await gateway.create_subscription(
        {
            "customer": customer,
            "items": [{"price": await price_of(gateway)}],
            "payment_behavior": "default_incomplete",
        },
        key="k2",
    )
    before = await gateway.fetch_subscription(made.stripe_id)
    assert before.status == "incomplete"
    assert before.invoice is not None
    assert (before.invoice.status, before.invoice.amount_due) == ("open", 1200)

    method = await with_card(gateway, customer)
    paid = await gateway.pay_invoice(before.invoice.stripe_id, method, key="k3")

    assert (paid.status, paid.amount_due) == ("paid", 0)
    assert (await gateway.fetch_subscription(made.stripe_id)).status == "active"


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("pm_card_chargeCustomerFail", "card_declined"),
        ("pm_card_authenticationRequired", "invoice_payment_intent_requires_action"),
    ],
)
async def test_a_banks_no_is_told_from_other_refusals(
    gateway: StripeGateway, card: str, reason: str
) -> None:
    customer = await gateway.create_customer(HER, key="k1")
    made = await gateway.create_subscription(
        {
            "customer": customer,
            "items": [{"price": await price_of(gateway)}],
            "payment_behavior": "default_incomplete",
        },
        key="k2",
    )
    invoice = (await gateway.fetch_subscription(made.stripe_id)).invoice
    assert invoice is not None
    method = await with_card(gateway, customer, card)

    with pytest.raises(CardRefused) as raised:
        await gateway.pay_invoice(invoice.stripe_id, method, key="k3")

    assert raised.value.reason == reason
    assert (await gateway.invoice_page(invoice.stripe_id)).startswith(gateway.api)


async def test_a_customers_card_is_read(gateway: StripeGateway) -> None:
    customer = await gateway.create_customer(HER, key="k1")
    assert (await gateway.fetch_customer(customer)).card is None

    method = await with_card(gateway, customer)
    found = await gateway.fetch_customer(customer)

    assert found.card is not None
    assert (found.card.stripe_id, found.card.brand, found.card.last4) == (method, "visa", "4242")
    assert (found.email, found.metadata["operation"]) == (ADA["email"], "op_1")


async def test_a_customer_is_changed(gateway: StripeGateway, sandbox: LocalStripe) -> None:
    customer = await gateway.create_customer(HER, key="k1")

    await gateway.update_customer(customer, {"name": "Ada King"}, key="k2")

    assert [one["name"] for one in await sandbox.objects("customer")] == ["Ada King"]


def test_other_methods_of_payment_are_read_too() -> None:
    debit: Any = {"id": "pm_1", "type": "sepa_debit", "sepa_debit": {"last4": "3000"}}

    assert card_of(None) is None
    assert card_of("pm_1") == BilledCard("pm_1", kind="")
    found = card_of(stripe.PaymentMethod.construct_from(debit, "sk_test_any"))
    assert found == BilledCard("pm_1", kind="sepa_debit")


async def test_an_invoice_that_is_sent_is_not_ours_to_collect(gateway: StripeGateway) -> None:
    customer = await gateway.create_customer(HER, key="k1")
    made: Any = await gateway.v1.subscriptions.create_async(
        {
            "customer": customer,
            "items": [{"price": await price_of(gateway)}],
            "collection_method": "send_invoice",
            "days_until_due": 14,
        }
    )

    assert (await gateway.fetch_subscription(made.id)).invoice is None


async def test_a_deleted_customer_says_so(gateway: StripeGateway) -> None:
    customer = await gateway.create_customer(HER, key="k1")
    await gateway.v1.customers.delete_async(customer)

    assert (await gateway.fetch_customer(customer)).deleted


async def test_what_an_unknown_outcome_made_is_found_by_its_operation(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    for number in range(3):
        other = {"email": ADA["email"], "metadata": {"operation": f"op_other{number}"}}
        await gateway.create_customer(other, key=f"other{number}")
    customer = await gateway.create_customer(HER, key="k1")
    made = await gateway.create_subscription(
        {
            "customer": customer,
            "items": [{"price": await price_of(gateway)}],
            "trial_period_days": 7,
            "metadata": {"operation": "op_2"},
        },
        key="k2",
    )

    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    assert await gateway.find_customer(ADA, "op_1", since=long_ago) == customer
    assert await gateway.find_customer({}, "op_1", since=long_ago) == customer
    assert await gateway.find_customer({}, "op_1", since=now() + timedelta(days=1)) is None
    assert await gateway.find_customer(ADA, "op_9", since=long_ago) is None
    found = await gateway.find_subscription(customer, "op_2")
    assert found is not None
    assert found.stripe_id == made.stripe_id
    assert await gateway.find_subscription(customer, "op_9") is None
    assert not any("/search" in path for _, path in await sandbox.calls())


async def test_a_portal_session_leads_to_stripe_and_back(gateway: StripeGateway) -> None:
    customer = await gateway.create_customer(HER, key="k1")

    url = await gateway.create_portal_session(
        customer,
        return_url="https://us.example/welcome",
        flow=True,
        configuration=None,
        locale="en",
    )

    assert url.startswith(f"{gateway.api}/")


async def test_a_portal_session_has_the_sellers_configuration(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    configuration = await stripe_setup.ensure_portal_configuration(
        gateway,
        company_key="acme",
        name="Acme Tea",
        privacy_url="",
        terms_url="",
        return_url="https://us.example/account",
        known=None,
    )
    customer = await gateway.create_customer(HER, key="k1")

    await gateway.create_portal_session(
        customer,
        return_url="https://us.example/account",
        flow=False,
        configuration=configuration,
        locale="de",
    )

    seen = (await sandbox.control("GET", "/requests"))["requests"][-1]
    assert seen["params"]["configuration"] == configuration
    assert "flow_data" not in seen["params"]


async def test_codes_are_found_as_promotion_codes_then_as_coupons(gateway: StripeGateway) -> None:
    coupon = await gateway.v1.coupons.create_async(
        {"id": "SPRING", "percent_off": 20, "duration": "repeating", "duration_in_months": 3}
    )
    promotion = await gateway.v1.promotion_codes.create_async(
        {"code": "HELLO", "promotion": {"type": "coupon", "coupon": coupon.id}}
    )

    hello, spring = await gateway.find_discount("HELLO"), await gateway.find_discount("SPRING")

    assert hello is not None
    assert spring is not None
    assert (hello.kind, hello.stripe_id, hello.code) == ("promotion_code", promotion.id, "HELLO")
    assert (hello.percent_off, hello.duration, hello.months) == (20, "repeating", 3)
    assert (spring.kind, spring.stripe_id) == ("coupon", "SPRING")
    assert await gateway.find_discount("NOTHING") is None
    for elsewhere in (".", "..", "../customers", "SPRING?x=y", "SPRING/x", "%2e%2e"):
        assert await gateway.find_discount(elsewhere) is None
    await gateway.v1.promotion_codes.update_async(promotion.id, {"active": False})
    assert await gateway.find_discount("HELLO") is None


async def test_what_a_code_is_limited_to_is_found_with_it(gateway: StripeGateway) -> None:
    tea = await gateway.v1.products.create_async({"name": "Tea"})
    await gateway.v1.coupons.create_async(
        {
            "id": "TEA", "amount_off": 500, "currency": "eur",
            "applies_to": {"products": [tea.id]},
            "currency_options": {"usd": {"amount_off": 600}},
        }
    )  # fmt: skip
    await gateway.v1.promotion_codes.create_async(
        {
            "code": "HELLO", "promotion": {"type": "coupon", "coupon": "TEA"},
            "restrictions": {
                "minimum_amount": 1000, "minimum_amount_currency": "eur",
                "currency_options": {"usd": {"minimum_amount": 1100}},
            },
        }
    )  # fmt: skip

    hello, coupon = await gateway.find_discount("HELLO"), await gateway.find_discount("TEA")

    assert hello is not None
    assert coupon is not None
    for found in (hello, coupon):
        assert found.products == (tea.id,)
        assert found.amounts_off == {"eur": 500, "usd": 600}
    assert (hello.minimums, coupon.minimums) == ({"eur": 1000, "usd": 1100}, {})


async def test_a_code_without_limits_has_none(gateway: StripeGateway) -> None:
    await gateway.v1.coupons.create_async({"id": "HALF", "percent_off": 50})
    await gateway.v1.promotion_codes.create_async(
        {"code": "HELLO", "promotion": {"type": "coupon", "coupon": "HALF"}}
    )

    for code in ("HELLO", "HALF"):
        found = await gateway.find_discount(code)
        assert found is not None
        assert (found.products, found.amounts_off, found.minimums) == ((), {}, {})


async def test_a_hanging_stripe_holds_a_request_no_longer_than_allowed(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    customer = await gateway.create_customer(HER, key="k1")
    await sandbox.fault(match="* /v1/*", fault="hang")

    async with asyncio.timeout(WORKER_S / 2):
        with pytest.raises(Unanswered):
            await gateway.fetch_customer(customer, within_s=0.2)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_lost_connection_is_no_answer_and_the_same_key_mends_it(
    moment: str, gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    await sandbox.fault(match="POST /v1/customers", fault="reset", when=moment, times=1)

    with pytest.raises(Unanswered):
        await gateway.create_customer(HER, key="k1")

    made = await gateway.create_customer(HER, key="k1")
    assert [customer["id"] for customer in await sandbox.objects("customer")] == [made]


async def test_nothing_is_tried_twice_behind_our_back(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    for status, word in [(500, Indeterminate), (409, NotBegun), (429, NotBegun)]:
        await sandbox.fault(match="POST /v1/customers", fault="status", status=status, times=1)
        with pytest.raises(word):
            await gateway.create_customer(HER, key=f"k{status}")

    assert len(await sandbox.calls()) == 3


async def test_every_create_carries_its_own_key(
    gateway: StripeGateway, sandbox: LocalStripe
) -> None:
    await gateway.create_customer(HER, key="onb:acct:op_1:create_customer:1")

    seen = (await sandbox.control("GET", "/requests"))["requests"]
    assert [request["idempotency_key"] for request in seen] == ["onb:acct:op_1:create_customer:1"]


async def company(**columns: Any) -> str:
    made = Company(id=new_id("comp"), key="acme", name="Acme", created_at=now(), **columns)
    await made.save()
    return str(made.id)


async def test_a_company_has_one_gateway_of_its_own_key(
    database: str, sandbox: LocalStripe
) -> None:
    configure(stripe_key=None)
    acme = await company(stripe_key=seal(sandbox.key, "stripe_key"), stripe_account="acct_1")

    gateway = await gateway_of(acme)

    assert gateway is await gateway_of(acme)
    assert gateway.account == "acct_1-test"
    assert (await stripe_setup.read_account(gateway)).stripe_id.startswith("acct_")
    await close_gateways()
    assert await gateway_of(acme) is not gateway
    await close_gateways()


async def test_a_company_without_a_key_or_with_the_other_modes_cannot_go_on(database: str) -> None:
    acme = await company()
    with pytest.raises(KeyRejected):
        await gateway_of(acme)
    with pytest.raises(KeyRejected):
        await gateway_of("comp_unknown")

    configure(stripe_key="sk_live_1")
    with pytest.raises(KeyRejected):
        await gateway_of(acme)

    await Company.update({Company.stripe_key: "changed" * 8}).where(Company.id == acme)
    with pytest.raises(KeyRejected):
        await gateway_of(acme)


def test_a_key_tells_its_mode() -> None:
    assert is_live("sk_live_1")
    assert is_live("rk_live_1")
    assert not is_live("sk_test_live_1")


async def test_a_wrong_key_is_rejected(gateway: StripeGateway) -> None:
    with pytest.raises(KeyRejected):
        await stripe_setup.read_account(open_gateway("sk_test_nobody"))


async def test_warming_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    for way_out in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, way_out, lambda _self, *where: asked.append(where))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *where, **_: asked.append(where))

    await warm_gateways()

    assert asked == []


async def test_many_calls_at_once_share_one_gateway(gateway: StripeGateway) -> None:
    made = await asyncio.gather(
        *(gateway.create_customer(HER, key=f"k{number}") for number in range(60))
    )

    assert len(set(made)) == 60


async def test_a_missing_thing_is_a_refusal(gateway: StripeGateway) -> None:
    with pytest.raises(Refused) as raised:
        await gateway.fetch_subscription("sub_none")

    assert raised.value.reason == "resource_missing"


@pytest.mark.parametrize("body", ["null", "7", "[]", '"ok"'])
async def test_an_answer_that_is_no_object_is_no_answer(body: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body.encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        configure(stripe_api=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        gateway = open_gateway("sk_test_1")

        with pytest.raises(Unanswered):
            await gateway.fetch_customer("cus_1")

        await close_gateways()

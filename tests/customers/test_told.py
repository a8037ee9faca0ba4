"""Every way in which a customer comes, changes or goes is told to the seller's programs, once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from portal.access.confirm import confirm_address
from portal.billing.billed_customers import BilledContact, BilledCustomer
from portal.billing.gateway import close_gateways
from portal.billing.ticket import next_ticket
from portal.customers.address import Address
from portal.customers.avatar import keep_avatar, remove_avatar
from portal.customers.billing_contact import BilledTo, change_billed_to
from portal.customers.billing_email import change_billing_email
from portal.customers.directory import customer_of
from portal.customers.follow import follow_contact
from portal.customers.preferences import Preferences, change_preferences
from portal.customers.shipping import Shipping, change_shipping
from portal.database import run_sql, transaction
from portal.onboarding.amend import change_details
from portal.onboarding.forget import forget_entered
from portal.privacy.at_once import erase_at_once
from portal.privacy.delete import delete_customer
from portal.subscriptions.sync import keep_profile
from tests.customers.pictures import picture
from tests.databases import ON_SQLITE
from tests.deliveries.telling import listen_at
from tests.local_stripe import LocalStripe
from tests.onboarding.shop import Shop, details, open_shop

CONTACT = BilledContact(
    name="Ada King", business_name="", phone="", address={"line1": "1 Elm Street", "country": "GB"}
)
ELSEWHERE = Address(line1="1 Elm Mews", city="London", postal_code="SW1Y 4JH", country="GB")
Way = Callable[[Shop, str], Awaitable[Any]]


@pytest.fixture
async def shop(database: str, sandbox: LocalStripe) -> AsyncIterator[Shop]:
    yield await open_shop(sandbox)
    await close_gateways()


async def _changed_at_stripe(shop: Shop, ada: str) -> None:
    async with transaction():
        await follow_contact(ada, CONTACT, "ada@lovelace.example")


async def _gone_at_stripe(shop: Shop, ada: str) -> None:
    ticket = await next_ticket()
    async with transaction():
        gone = BilledCustomer("cus_1", True, "", None, {}, False)
        await keep_profile(ada, gone, ticket)


async def _mended(shop: Shop, ada: str) -> None:
    (row,) = await run_sql("SELECT email FROM customer WHERE id = {}", ada)
    await shop.sign_up("reader", email=row["email"], city="Leeds")


async def _confirmed(shop: Shop, ada: str) -> None:
    async with transaction():
        await confirm_address(ada, "comp_1")


async def _prefers(shop: Shop, ada: str) -> None:
    wanted = Preferences("en", "Europe/London", {"email_marketing": True})
    await change_preferences(await customer_of(ada), shop.site, wanted)


async def _picture_comes_and_goes(shop: Shop, ada: str) -> None:
    await keep_avatar(ada, "comp_1", picture())
    await remove_avatar(ada, "comp_1")


WAYS: dict[str, tuple[Way, list[str]]] = {
    "details": (
        lambda shop, ada: change_details(shop.site, ada, details(city="Leeds", tax_id="")),
        ["customer.updated"],
    ),
    "cleared": (lambda shop, ada: forget_entered(ada, "comp_1"), ["customer.updated"]),
    "shipping": (
        lambda shop, ada: change_shipping(ada, "comp_1", Shipping("Ada King", ELSEWHERE)),
        ["customer.updated"],
    ),
    "where bills go": (
        lambda shop, ada: change_billing_email(ada, "comp_1", "bills@lovelace.example"),
        ["customer.updated"],
    ),
    "who bills are for": (
        lambda shop, ada: change_billed_to(ada, "comp_1", BilledTo("Ada", "King", "", "")),
        ["customer.updated"],
    ),
    "preferences": (_prefers, ["customer.updated"]),
    "picture": (_picture_comes_and_goes, ["customer.updated", "customer.updated"]),
    "at Stripe": (_changed_at_stripe, ["customer.updated"]),
    "gone at Stripe": (_gone_at_stripe, ["customer.updated"]),
    "the form again": (_mended, ["customer.updated"]),
    "confirmed": (_confirmed, ["customer.verified"]),
    "deleted": (lambda shop, ada: delete_customer(ada, actor="key_1"), ["customer.deleted"]),
    "erased": (lambda shop, ada: erase_at_once([ada]), ["customer.deleted"]),
}


async def told() -> list[dict[str, Any]]:
    """Return what was told."""
    rows = await run_sql("SELECT body FROM webhook_event ORDER BY created_at, id")
    return [json.loads(row["body"]) for row in rows]


@ON_SQLITE
async def test_whoever_comes_is_told_of_once(shop: Shop) -> None:
    await listen_at(shop.site)

    ada = (await shop.sign_up("studio")).customer
    await shop.sign_up("studio")
    grace = (await shop.sign_up("studio", email="grace@hopper.example", verified=True)).customer

    found = [(body["type"], body["data"]["id"]) for body in await told()]
    assert sorted(found) == sorted(
        [
            ("customer.created", ada),
            ("customer.created", grace),
            ("customer.verified", grace),
        ]
    )


@ON_SQLITE
async def test_every_change_is_told_of_and_nothing_is_told_twice(shop: Shop) -> None:
    await listen_at(shop.site)
    for number, (name, (way, expected)) in enumerate(WAYS.items()):
        ada = (await shop.sign_up("reader", email=f"ada{number}@lovelace.example")).customer
        await run_sql("DELETE FROM webhook_delivery")
        await run_sql("DELETE FROM webhook_event")

        await way(shop, ada)
        once = await told()

        assert [body["type"] for body in once] == expected, name
        assert {body["data"]["id"] for body in once} == {ada}, name


@ON_SQLITE
async def test_what_was_told_of_somebody_goes_with_them_but_for_the_end(shop: Shop) -> None:
    await listen_at(shop.site)
    ada = (await shop.sign_up("reader")).customer

    await erase_at_once([ada])

    (body,) = await told()
    assert body["data"] == {"id": ada, "object": "customer", "deleted": True}
    assert len(await run_sql("SELECT id FROM webhook_delivery")) == 1

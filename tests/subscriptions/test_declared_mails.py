"""What was declared is told of, however much came, and whichever mail server refuses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal import clock
from portal.access.tokens import token_of_declaration
from portal.customers.email import normalize_email
from portal.database import run_sql, transaction
from portal.deliveries.mail import Mail, send
from portal.errors import Refused, Unanswered
from portal.operations.step import Claimed
from portal.privacy.wipe import wipe
from portal.sites.limits import LIMITS
from portal.sites.storefront import Storefront, forget_sites
from portal.subscriptions import declared_mails, declared_several
from portal.subscriptions.declarations import declare
from portal.subscriptions.declared import CANCEL, CONFIRM_WITHIN, declaration_by
from portal.subscriptions.declared_often import GATHERED_AFTER
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.mails import mails, text_of
from tests.people import ADA, GRACE

SELLER = "help@acme.example"


@pytest.fixture
async def site(shop: Shop) -> Storefront:
    """The shop's site, whose seller reads mail; what is declared there waits for another mail."""
    await run_sql("UPDATE company SET support_email = {}", SELLER)
    forget_sites()
    return with_limits(replace(shop.site, support_email=SELLER), mails_per_hour=0)


def with_limits(site: Storefront, **limits: int) -> Storefront:
    return replace(site, limits={**site.limits, **limits})


async def declared(
    site: Storefront, contract: str, email: str = GRACE["email"], **said: str
) -> str:
    said = {"name": "Grace", "contract": contract} | said
    return await declare(site, CANCEL, normalize_email(email), said, browser_hash="b", locale="en")


async def waiting() -> Sequence[Mapping[str, Any]]:
    """Return what waits, after who has it sent."""
    return await run_sql(
        "SELECT id, next_at FROM operation WHERE lane LIKE 'declared:%' AND state = 'ready'"
        " ORDER BY id"
    )


async def next_mail(shop: Shop) -> None:
    """Have the hours go by that the next gathered mail waits."""
    await run_sql("UPDATE operation SET next_at = {} WHERE state = 'ready'", clock.now())
    await shop.work()


def told(address: str) -> list[str]:
    """Return what somebody was told, of which contract each time."""
    return [text_of(mail) for mail in mails() if address in str(mail["to"])]


@ON_SQLITE
async def test_the_days_of_a_link_count_from_its_mail(shop: Shop, site: Storefront) -> None:
    about = await declared(site, "First")
    token = token_of_declaration(about)
    late = clock.now() - CONFIRM_WITHIN - timedelta(days=1)
    await run_sql("UPDATE declaration SET received_at = {}", late)
    assert await declaration_by(token) is None

    await next_mail(shop)
    assert await declaration_by(token) is not None

    await run_sql("UPDATE declaration SET told_at = {}", late)
    assert await declaration_by(token) is None


@ON_SQLITE
async def test_more_than_fits_is_told_within_the_hour(
    shop: Shop, site: Storefront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declared_several, "MOST_TOLD", 2)
    for number in range(3):
        await declared(site, f"No. {number}")

    await next_mail(shop)

    (left,) = await waiting()
    assert clock.stored_moment(left["next_at"]) <= clock.now() + timedelta(hours=1)
    await next_mail(shop)
    assert await waiting() == []


def test_one_network_cannot_declare_more_than_the_next_mail_tells() -> None:
    hours = GATHERED_AFTER.total_seconds() / 3600
    assert LIMITS["sign_ins_per_hour"] * hours < declared_several.MOST_TOLD


@ON_SQLITE
async def test_where_few_mails_are_allowed_the_first_waits_for_no_other(
    shop: Shop, site: Storefront
) -> None:
    few = with_limits(site, mails_per_hour=1, mails_per_day=1)
    await declared(few, "First")
    await declared(few, "Second")
    await shop.work()

    (first,) = await run_sql("SELECT told_at FROM declaration WHERE NOT mail_waits")
    assert first["told_at"]
    assert len(await waiting()) == 1


async def test_an_address_is_the_same_however_it_is_spelt(shop: Shop, site: Storefront) -> None:
    await declared(site, "First", "GRÜN@post.example")
    await declared(site, "Second", "grün@POST.example")
    await declared(site, "Third", "gruen@post.example")

    assert len(await waiting()) == 2
    await next_mail(shop)
    await next_mail(shop)
    # No mail goes to what stands before the @ beyond ASCII: the seller is told of those two.
    assert [text.count("Received: ") for text in told("gruen@post.example")] == [1]
    assert [text.count("Received: ") for text in told(SELLER)] == [2]


@ON_SQLITE
async def test_of_an_address_that_takes_no_mail_the_seller_is_told(
    shop: Shop, site: Storefront, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (declared_mails, declared_several):
        monkeypatch.setattr(module, "send", refused_by(GRACE["email"]))
    await declared(with_limits(site, mails_per_hour=2), "At once")
    await declared(site, "Gathered")
    await declared(site, "Ada's", ADA["email"])
    await next_mail(shop)
    await next_mail(shop)

    (text,) = told(SELLER)
    assert "At once" in text
    assert "Gathered" in text
    assert text.count("No mail reached this address") == 2
    assert "Ada's" not in text
    assert len(told(ADA["email"])) == 1
    assert await waiting() == []


@ON_SQLITE
async def test_what_the_sellers_mail_server_refuses_is_sent_again_until_it_does_not(
    shop: Shop, site: Storefront, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = with_limits(site, mails_per_hour=2)
    await declared(at_once, "First", cause="The letters never came.")
    with monkeypatch.context() as patched:
        for module in (declared_mails, declared_several):
            patched.setattr(module, "send", refused_by(SELLER))
        for _ in range(3):
            await next_mail(shop)
    assert told(SELLER) == []

    await next_mail(shop)

    (text,) = told(SELLER)
    assert "The letters never came." in text
    assert "No mail reached this address" not in text
    assert await waiting() == []


@ON_SQLITE
async def test_a_second_try_that_tells_of_more_is_another_mail(
    shop: Shop, site: Storefront, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = [Unanswered, Unanswered, None]

    async def send_and_lose_the_answer(mail: Mail, op: Claimed) -> str:
        sent = await send(mail, op)
        if error := outcomes.pop(0):
            raise error
        return sent

    monkeypatch.setattr(declared_several, "send", send_and_lose_the_answer)
    await declared(site, "First")
    await next_mail(shop)
    await next_mail(shop)
    await declared(site, "Second")
    await next_mail(shop)

    # The folder keeps one mail of each Message-ID, as a reader's mailbox may.
    assert outcomes == []
    assert [text.count("Received: ") for text in told(GRACE["email"])] == [1, 2]


@ON_SQLITE
async def test_who_was_erased_meanwhile_takes_nobody_elses_declaration_along(
    shop: Shop, site: Storefront
) -> None:
    customer = (await shop.sign_up()).customer
    await declared(site, "Ada's", ADA["email"])
    async with transaction():
        await wipe(customer)
    await declared(site, "Of whoever has the address now", ADA["email"])

    await next_mail(shop)

    (text,) = [text for text in told(ADA["email"]) if "declaration" in text]
    assert text.count("Received: ") == 1
    assert await run_sql("SELECT id FROM declaration WHERE mail_waits") == []


@ON_SQLITE
async def test_what_came_while_a_mail_went_out_is_told_even_if_the_first_is_gone_by_then(
    shop: Shop, site: Storefront, monkeypatch: pytest.MonkeyPatch
) -> None:
    await declared(site, "First")
    first = True

    async def send_meanwhile(mail: Mail, op: Claimed) -> str:
        nonlocal first
        if first:
            first = False
            await declared(site, "Second")
            # As an erasure does.
            await run_sql("DELETE FROM declaration WHERE id = {}", op.params["declaration"])
        return await send(mail, op)

    monkeypatch.setattr(declared_several, "send", send_meanwhile)
    await next_mail(shop)
    await next_mail(shop)

    assert len(told(GRACE["email"])) == 2
    assert await run_sql("SELECT id FROM declaration WHERE mail_waits") == []


def refused_by(address: str) -> Any:
    """Return a way to send by which one mail server refuses."""

    async def send_elsewhere(mail: Mail, op: Claimed) -> str:
        if mail.to == address:
            raise Refused("mailbox_unknown")
        return await send(mail, op)

    return send_elsewhere

"""Whoever is signed in changes what is told by mail a few times an hour, and never untold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.access.asking import refuse_too_many
from portal.access.passwords import has_password, remove_password, set_password
from portal.access.sessions import SignedIn, find_session, open_session
from portal.customers.tables import Customer
from portal.errors import TooMany
from portal.sites.storefront import Storefront
from tests.access.conftest import Deliver, text_of
from tests.databases import ON_SQLITE


@pytest.fixture
async def session(site: Storefront, ada: Customer) -> SignedIn:
    found = await find_session(await open_session(ada.id, site.id))
    assert found
    return found


@ON_SQLITE
@pytest.mark.parametrize("is_limited", [True, False])
async def test_passwords_set_in_a_loop_are_a_few_mails_and_each_is_told(
    site: Storefront, session: SignedIn, deliver: Deliver, is_limited: bool
) -> None:
    if not is_limited:
        site = replace(site, limits={**site.limits, "mails_per_hour": 99, "mails_per_day": 99})
    refused = []
    for number in range(5):
        try:
            await set_password(session, site, f"correct horse battery {number}", "ada@example.com")
        except TooMany as many:
            refused.append(many.again_in)
    await remove_password(session, site)

    assert not await has_password(session.customer), "What takes a way in away waits for nothing."
    told = [text for mail in await deliver() if "Your password was" in (text := text_of(mail))]
    assert len(told) == 5 - len(refused) + 1
    assert len(refused) == (2 if is_limited else 0)
    assert all(timedelta(0) < wait <= timedelta(hours=1) for wait in refused if wait)


async def test_each_kind_and_each_customer_has_their_own(site: Storefront, ada: Customer) -> None:
    for _ in range(site.limits["mails_per_hour"]):
        await refuse_too_many(site, ada.id, "password")

    with pytest.raises(TooMany) as many:
        await refuse_too_many(site, ada.id, "password")
    assert many.value.again_in
    await refuse_too_many(site, ada.id, "passkey")
    await refuse_too_many(site, "cust_grace", "password")


async def test_what_may_be_meant_often_has_an_hour_for_what_others_have_a_day(
    site: Storefront, ada: Customer
) -> None:
    done = 0
    with pytest.raises(TooMany):
        for _ in range(site.limits["mails_per_day"] + 1):
            await refuse_too_many(site, ada.id, "switch", is_often_meant=True)
            done += 1
    assert site.limits["mails_per_hour"] < done <= site.limits["mails_per_day"]
